/** Signing in to the dashboard: `/api/session`. */

/** As X-Ray users know them: AWSXRayDaemonWriteAccess, AWSXrayReadOnlyAccess, AWSXrayFullAccess. */
export const policies = ['write-only', 'read-only', 'full'] as const;
export type Policy = (typeof policies)[number];

/** `GET /api/session`, and what `POST` answers. */
export type SessionAnswer =
  /** Everybody may do everything. */
  | { auth: 'none' }
  /** `isPrivate`: the page was loaded over TLS or from this machine, so that a secret may be typed into it. */
  | { auth: 'sigv4'; key: null; isPrivate: boolean }
  | { auth: 'sigv4'; key: SessionKey; untilSeconds: number };

/** The key that the browser signed in with. */
export interface SessionKey {
  id: string;
  name: string | null;
  policy: Policy;
}

/** `POST /api/session`. */
export interface SignIn {
  id: string;
  secret: string;
}
