/** The saved groups: all of them, when somebody has edited one. */
import type { GroupsAnswer } from '@fluoroscope/contract/groups';
import type { ControlSource } from '../dashboard/control-source.js';
import type { RoomContents } from './room.js';

export class GroupsRoom implements RoomContents {
  readonly #control: ControlSource;
  #isEdited = false;

  constructor(control: ControlSource) {
    this.#control = control;
  }

  /** The answer ends it. */
  follow(): () => void {
    return this.#control.log.onApplied(({ before, after }) => {
      if (before.group !== undefined || after.group !== undefined) this.#isEdited = true;
    });
  }

  snapshot(): GroupsAnswer {
    return { groups: this.#control.state.groups.records() };
  }

  delta(): GroupsAnswer | null {
    if (!this.#isEdited) return null;
    this.#isEdited = false;
    return this.snapshot();
  }
}
