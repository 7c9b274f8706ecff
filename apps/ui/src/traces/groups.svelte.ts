/** Saved groups, and the changes to them that this page asks for. */
import { defaultGroupName, type GroupRecord, type GroupsAnswer } from '@fluoroscope/contract/groups';
import { type ApiTrouble, fetchJson, troubleFrom } from '../live/fetch-json.js';

const path = '/api/groups';

export interface SavedGroup {
  name: string;
  /** Of the filter that is in force. */
  expression: string;
}

export class SavedGroups {
  /** By name, without the one that holds every trace; null before the first answer. */
  all = $state.raw<readonly SavedGroup[] | null>(null);
  trouble = $state.raw<ApiTrouble | null>(null);
  readonly names = $derived.by(() => this.all?.map(({ name }) => name) ?? null);

  async ask(): Promise<void> {
    try {
      const { groups } = await fetchJson<GroupsAnswer>(path);
      this.all = groups.filter(({ name }) => name !== defaultGroupName).map(savedGroup);
      this.trouble = null;
    } catch (error) {
      this.trouble = troubleFrom(error);
      this.all ??= [];
    }
  }

  find(name: string): SavedGroup | undefined {
    return this.all?.find((group) => group.name === name);
  }

  /** Under a new name, or in place of what the group was. */
  async save({ name, expression }: SavedGroup): Promise<void> {
    const isThere = this.find(name) !== undefined;
    const saved = isThere
      ? await fetchJson<GroupRecord>(addressOf(name), { method: 'PUT', body: { expression } })
      : await fetchJson<GroupRecord>(path, { method: 'POST', body: { name, expression } });
    this.#keep(savedGroup(saved));
  }

  async delete(name: string): Promise<void> {
    await fetchJson<GroupRecord>(addressOf(name), { method: 'DELETE' });
    this.all = (this.all ?? []).filter((group) => group.name !== name);
  }

  #keep(group: SavedGroup): void {
    const others = (this.all ?? []).filter(({ name }) => name !== group.name);
    this.all = [...others, group].sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}

function savedGroup({ name, filters }: GroupRecord): SavedGroup {
  return { name, expression: filters.at(-1)?.expression ?? '' };
}

function addressOf(name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
