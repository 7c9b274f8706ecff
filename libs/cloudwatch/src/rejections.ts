/**
 * What is wrong with one call of PutMetricData, in CloudWatch's own words. The texts were seen from CloudWatch itself, one line for each
 * thing that is wrong, except where a comment says that one is chosen.
 *
 * A call has one code: that of what was found first; what has another code is left out, and so is what comes after `maxLines`.
 */

export interface MetricDataRejection {
  code: 'MissingParameter' | 'InvalidParameterValue' | 'InvalidParameterCombination' | 'ValidationError';
  message: string;
}

/** Enough to see what is wrong: with all of them the answer would be larger than the call. */
const maxLines = 10;
/** Of a value that is repeated in a message. */
const maxShownLength = 100;

export class Rejections {
  private code: MetricDataRejection['code'] | null = null;
  private readonly lines = new Set<string>();

  /** Null where nothing is wrong. */
  rejection(): MetricDataRejection | null {
    return this.code === null ? null : { code: this.code, message: [...this.lines].join('\n') };
  }

  add(code: MetricDataRejection['code'], line: string): void {
    this.code ??= code;
    if (this.code === code && this.lines.size < maxLines) this.lines.add(line);
  }

  missing(parameter: string): void {
    this.add('MissingParameter', `The parameter ${parameter} is required.`);
  }

  invalid(parameter: string, value: string | number): void {
    this.add('InvalidParameterValue', `The value ${String(value).slice(0, maxShownLength)} for parameter ${parameter} is invalid.`);
  }

  tooMany(collection: string, most: number): void {
    this.add('InvalidParameterValue', `The collection ${collection} must not have a size greater than ${most}.`);
  }

  notOneOf(parameter: string, members: readonly (string | number)[]): void {
    this.add('InvalidParameterValue', `The parameter ${parameter} must be a value in the set [ ${members.join(', ')} ].`);
  }

  mutuallyExclusive(one: string, other: string): void {
    this.add('InvalidParameterCombination', `The parameters ${one} and ${other} are mutually exclusive and you have specified both.`);
  }

  /** Chosen: CloudWatch does not come to judge a document of another shape, its protocols refuse that earlier. */
  notA(type: 'list' | 'number' | 'object' | 'text', parameter: string): void {
    this.add('ValidationError', `The parameter ${parameter} must be a ${type}.`.replace('a object', 'an object'));
  }
}
