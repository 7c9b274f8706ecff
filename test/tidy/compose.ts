/**
 * docker-compose.yml as `docker compose` reads it: with the variables put in, anchors merged, and for the profiles that are asked
 * for. Only what our file uses is understood; anything else that looks like a variable is an error.
 */
import { parse } from 'yaml';
import { read } from './files.js';

export interface Service {
  image?: string;
  build?: { context: string; dockerfile: string; target: string };
  profiles?: string[];
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  network_mode?: string;
  extra_hosts?: string[];
  ports?: string[];
  volumes?: string[];
  configs?: { source: string; target: string }[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  deploy?: { resources: { limits: { cpus?: string; memory?: string } } };
  restart?: string;
  init?: boolean;
  read_only?: boolean;
  tmpfs?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { file: string }>;
}

type Variables = Readonly<Record<string, string>>;

/** All services, those of profiles too. */
export function readCompose(variables: Variables = {}): Compose {
  return parse(interpolated(read('docker-compose.yml'), variables), { merge: true });
}

/** Of a file for `--env-file`. */
export function readVariables(path: string): Variables {
  return variablesIn(read(path));
}

export function variablesIn(text: string): Variables {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** `${NAME}` and `${NAME:-default}`; an empty variable counts as unset. */
export function interpolated(text: string, variables: Variables): string {
  return text.replace(/\$(\{(\w+)(:-([^${}]*))?\}|)/g, (found, braces, name, hasDefault, value) => {
    if (braces === '') throw new Error(`a $ that is no variable: ${text.slice(text.indexOf(found), text.indexOf(found) + 40)}`);
    const given = variables[name];
    if (!given && hasDefault === undefined) throw new Error(`${name} is not set, and has no default`);
    return given || value;
  });
}

/** The variables that somebody may set, in the order of the file. */
export function variableNames(): string[] {
  return [...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
}
