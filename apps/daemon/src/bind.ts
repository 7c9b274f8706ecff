/** What can go wrong when a port is bound, in words for the user. */

/** The port cannot be bound; the message is one line that names the setting. */
export class BindError extends Error {
  override readonly name = 'BindError';
}

/** True when the machine does not have the address or its family, such as ::1 without IPv6. */
export function isAbsentFamily(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(codeOf(error));
}

export function isTaken(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE';
}

export function bindError(
  error: unknown,
  { transport, hosts, port }: { transport: 'TCP' | 'UDP'; hosts: readonly string[]; port: number },
): BindError {
  const where = `${transport} port ${port} of ${hosts.join(' and ')}`;
  const problems: Record<string, string> = {
    EADDRINUSE: `${where} is taken: stop what uses it, or set FLUOROSCOPE_XRAY_PORT to another port`,
    EACCES: `${where} may not be bound by this user: set FLUOROSCOPE_XRAY_PORT to one above 1023`,
    EADDRNOTAVAIL: `${where} cannot be bound: set FLUOROSCOPE_XRAY_HOST to an address of this machine`,
  };
  return new BindError(problems[codeOf(error)] ?? `${where} cannot be bound: ${String(error)}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
