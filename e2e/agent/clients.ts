// Clients that setup.sh installs beside this folder's own packages, and which of them run on this machine.
import { fileURLToPath } from 'node:url';

const CLIENTS = new URL('../../target/e2e-clients/node_modules/', import.meta.url);

/** A file of an installed client, unless a variable names another. */
export function clientFile(variable: string, path: string): string {
  return process.env[variable] ?? fileURLToPath(new URL(path, CLIENTS));
}

/** Their programs are made for this platform alone. */
export const runs_native_clients = process.platform === 'linux' && process.arch === 'x64';
