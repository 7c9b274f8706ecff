/** What the dashboard's endpoints (`/api/…`) refuse, by a word for the page and a sentence for the person, with its status. */
export const dashboardStatuses = {
  invalid_request: 400,
  too_many_places: 400,
  signed_out: 401,
  forbidden: 403,
  rule_limit: 400,
  default_rule: 400,
  rule_unknown: 404,
  rule_exists: 409,
  group_limit: 400,
  default_group: 400,
  group_unknown: 404,
  group_exists: 409,
  unknown_trace: 404,
  unknown_insight: 404,
  unknown_event: 404,
  unknown_path: 404,
  throttled: 429,
  internal: 500,
  unavailable: 503,
} as const;
export type DashboardCode = keyof typeof dashboardStatuses;

export class DashboardError extends Error {
  override readonly name = 'DashboardError';
  readonly status: number;

  constructor(
    readonly code: DashboardCode,
    message: string,
    /** By member of what was sent, what is wrong with it. */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = dashboardStatuses[code];
  }

  /** The body of the answer. */
  toJSON(): { message: string; code: DashboardCode; fields?: Readonly<Record<string, string>> } {
    const { message, code, fields } = this;
    return Object.keys(fields).length === 0 ? { message, code } : { message, code, fields };
  }
}

export function isDashboardCode(code: string): code is DashboardCode {
  return Object.hasOwn(dashboardStatuses, code);
}

export function isDashboardPath(url: string): boolean {
  return url.startsWith('/api/');
}
