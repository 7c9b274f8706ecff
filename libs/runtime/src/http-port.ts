/** Why the HTTP port cannot be had, in words for the user. */
export function httpPortProblem(error: unknown, { hosts, httpPort }: { hosts: readonly string[]; httpPort: number }): unknown {
  const where = `TCP port ${httpPort} of ${hosts.join(' and ')}`;
  const problems: Record<string, string> = {
    EADDRINUSE: `${where} is taken: stop what uses it, or set FLUOROSCOPE_HTTP_PORT to another port`,
    EACCES: `${where} may not be bound by this user: set FLUOROSCOPE_HTTP_PORT to one above 1023`,
    EADDRNOTAVAIL: `${where} cannot be bound: set FLUOROSCOPE_HOST to an address of this machine`,
  };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return problems[code] === undefined ? error : new Error(problems[code], { cause: error });
}
