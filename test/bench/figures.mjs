/** One figure: what was measured, in what unit, the goal (most, or least for a rate), and the floor of this run beside it. */

/** `fields`: unit, digits, most or least (the goal), floor, note. */
export function figure(name, value, fields = {}) {
  const { floor } = fields;
  return { name, value, ...fields, ratio: floor ? value / floor : undefined };
}

export function median(values) {
  return percentile(values, 0.5);
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function isWithinGoal({ value, most, least }) {
  if (most === undefined && least === undefined) return undefined;
  return (most === undefined || value <= most) && (least === undefined || value >= least);
}

/** Columns with the width of their widest cell; numbers to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '))
    .join('\n');
}

export function figureTable(figures) {
  const rows = [['figure', 'measured', 'goal', '', 'floor', 'ratio']];
  for (const one of figures) {
    const { name, value, unit = '', digits = 1, most, least, floor, ratio } = one;
    const goal = most !== undefined ? `<= ${most}` : least !== undefined ? `>= ${least}` : '';
    const isWithin = isWithinGoal(one);
    const verdict = isWithin === undefined ? '' : isWithin ? 'ok' : 'OVER';
    rows.push([
      name,
      `${number(value, digits)} ${unit}`,
      goal,
      verdict,
      number(floor, digits),
      ratio === undefined ? '' : `x${ratio.toFixed(2)}`,
    ]);
  }
  return table(rows);
}

function number(value, digits) {
  return value === undefined ? '' : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
