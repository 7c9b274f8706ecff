/** Every default port and path, in one place. */
export const defaultXrayPort = 2000;
export const defaultHttpPort = 2020;
export const socketPath = '/socket.io/';
/** Paths that no page of the UI may use. */
export const reservedPaths = ['/metrics', '/livez', '/healthz', '/socket.io/', '/service/', '/api/'] as const;
