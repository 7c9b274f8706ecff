/** What became of a change in a book of edited things. */
import type { ControlRefusal, ControlRefusalCode } from '@fluoroscope/contract/control';

/** The thing before and after the change, null where there is none; or why nothing was changed. */
export type BookOutcome<Item> = { before: Item | null; after: Item | null } | { refused: ControlRefusal };

export function refuse(code: ControlRefusalCode, message: string): { refused: ControlRefusal } {
  return { refused: { code, message } };
}
