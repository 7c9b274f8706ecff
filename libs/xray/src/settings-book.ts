/** The settings of an account, after every change so far; of two changes the later one stands. */
import type { AccountSettings, EncryptionConfig, IndexingRule, TraceSegmentDestination } from '@fluoroscope/contract/account-settings';
import type { AccountSettingsChange } from '@fluoroscope/contract/control';
import { firstSettings, settingsOf } from './account-settings.js';
import { type BookOutcome, refuse } from './book-outcome.js';

type Change<Kind extends AccountSettingsChange['kind']> = Extract<AccountSettingsChange, { kind: Kind }>;

export class SettingsBook {
  current: Readonly<AccountSettings> = firstSettings;

  setEncryption({ encryption }: Change<'put encryption config'>): BookOutcome<EncryptionConfig> {
    const before = this.current.encryption;
    this.current = { ...this.current, encryption };
    return { before, after: encryption };
  }

  setIndexing({ name, percentage }: Change<'update indexing rule'>, atMs: number): BookOutcome<IndexingRule> {
    const before = this.current.indexingRule;
    if (name !== before.name) return refuse('resource_unknown', `The indexing rule ${name} does not exist`);
    const after = { name, percentage, modifiedAtMs: atMs };
    this.current = { ...this.current, indexingRule: after };
    return { before, after };
  }

  setDestination({ destination }: Change<'update trace segment destination'>): BookOutcome<TraceSegmentDestination> {
    const before = this.current.destination;
    this.current = { ...this.current, destination };
    return { before, after: destination };
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): AccountSettings {
    return this.current;
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    const settings = settingsOf(snapshot);
    if (settings !== null) this.current = settings;
    return settings !== null;
  }
}
