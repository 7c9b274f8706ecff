/** Saved groups as the room tells them, and the changes to them that this page asks for. Followed by the frame. */
import { defaultGroupName, type GroupRecord } from '@fluoroscope/contract/groups';
import { fetchJson } from './fetch-json.js';
import type { LiveStream } from './stream.svelte.js';

const path = '/api/groups';

export interface SavedGroup {
  id: string;
  name: string;
  /** Of the filter that is in force. */
  expression: string;
  /** When it was made, as far back as its filters are kept: traces of before are no members. */
  sinceMs: number;
}

export class SavedGroups {
  /** By name, without the one that holds every trace; null before the first message. */
  all = $state.raw<readonly SavedGroup[] | null>(null);
  readonly names = $derived.by(() => this.all?.map(({ name }) => name) ?? null);

  /** Until the answer is called. */
  follow(stream: LiveStream): () => void {
    return stream.followGroups(({ groups }) => {
      this.all = groups.filter(({ name }) => name !== defaultGroupName).map(savedGroup);
    });
  }

  find(name: string): SavedGroup | undefined {
    return this.all?.find((group) => group.name === name);
  }

  /** Under a new name, or in place of what the group was. */
  async save({ name, expression }: Pick<SavedGroup, 'name' | 'expression'>): Promise<void> {
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

function savedGroup({ id, name, filters }: GroupRecord): SavedGroup {
  return { id, name, expression: filters.at(-1)?.expression ?? '', sinceMs: filters[0]?.sinceMs ?? 0 };
}

function addressOf(name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
