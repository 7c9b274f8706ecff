import { describe, expect, it } from 'vitest';
import { movedTo } from './order.js';

const rules = (...priorities: number[]) => priorities.map((priority, n) => ({ name: 'abcdefgh'[n] ?? '', priority }));
const text = (changes: ReturnType<typeof movedTo>) => changes.map(({ name, priority }) => `${name}${priority}`).join(' ');

describe('moving a rule', () => {
  it('changes its own priority alone where there is room', () => {
    expect(text(movedTo(rules(10, 20, 30), 'c', 0))).toBe('c5');
    expect(text(movedTo(rules(10, 20, 30), 'a', 1))).toBe('a25');
    expect(text(movedTo(rules(10, 20, 30), 'a', 2))).toBe('a40');
    expect(text(movedTo(rules(100, 200), 'b', 0))).toBe('b10');
  });

  it('pushes up those behind it where there is none, the last of them first', () => {
    expect(text(movedTo(rules(1, 2, 3, 9), 'd', 1))).toBe('c4 b3 d2');
    expect(text(movedTo(rules(1, 2, 3, 9), 'c', 0))).toBe('b3 a2 c1');
    expect(text(movedTo(rules(5, 5, 5), 'c', 1))).toBe('b7 c6');
  });

  it('numbers all anew where the last would be pushed over the end', () => {
    expect(text(movedTo(rules(9_997, 9_998, 9_999), 'c', 0))).toBe('c10');
    expect(text(movedTo(rules(9_998, 9_999, 9_999), 'a', 2))).toBe('b10 c20 a30');
  });

  it('changes nothing where it stands there already, or is not there', () => {
    for (const place of [2, 9]) expect(movedTo(rules(10, 20, 30), 'c', place)).toEqual([]);
    expect(movedTo(rules(10), 'z', 0)).toEqual([]);
  });
});
