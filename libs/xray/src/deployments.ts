/**
 * What runs on a node, by what its segments say of themselves, and since when: the earliest start of each value. The same
 * documents give the same book, in whatever order and however often they come.
 *
 * One look-up for a segment that says nothing new. Bounded: values of one kind on one node, and values in all; what is
 * beyond is not noted, and counted.
 */
import type { Deployment, DeploymentKind } from '@fluoroscope/contract/deployments';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { nodeName } from './names.js';

/** A version that changes with every request is none. */
const maxValuesPerNode = 200;
export const maxDeploymentValues = 100_000;

export type FirstSight = Omit<Deployment, 'previous'>;

interface Course {
  kind: DeploymentKind;
  known: Map<string, FirstSight>;
  /** The one that was seen last; most segments say the same again. */
  last: FirstSight | null;
}

type Courses = readonly [version: Course, runtime: Course, image: Course];

export class DeploymentBook {
  /** Values that were not noted because there were too many. */
  refused = 0;
  private values = 0;
  private readonly nodes = new Map<NodeKey, Courses>();

  /** `onSight` is called with a value that is new, or known to be earlier than before. */
  constructor(private readonly onSight: (sight: FirstSight) => void) {}

  /** `node` is an interned key: one object for each node. */
  see(node: NodeKey, document: SegmentDocument, startMicros: number): void {
    const courses = this.coursesOf(node);
    const { aws } = document;
    this.note(node, courses[0], versionOf(document), startMicros);
    this.note(node, courses[1], runtimeOf(document), startMicros);
    if (aws !== undefined) this.note(node, courses[2], imageOf(aws), startMicros);
  }

  /** What is stored already. */
  load({ node, kind, value, atMicros }: FirstSight): void {
    const course = this.coursesOf(node).find((one) => one.kind === kind);
    if (course === undefined || course.known.has(value)) return;
    this.values++;
    course.known.set(value, { node, kind, value, atMicros });
  }

  /** With what was first seen before it. */
  deploymentOf(sight: FirstSight): Deployment {
    const course = this.coursesOf(sight.node).find(({ kind }) => kind === sight.kind);
    let previous: FirstSight | null = null;
    for (const one of course?.known.values() ?? []) {
      if (isBefore(one, sight) && (previous === null || isBefore(previous, one))) previous = one;
    }
    return { ...sight, previous: previous?.value ?? null };
  }

  private note(node: NodeKey, course: Course, value: string, startMicros: number): void {
    const { last } = course;
    if (value === '' || (last !== null && last.value === value && startMicros >= last.atMicros)) return;
    let sight = course.known.get(value);
    if (sight !== undefined && startMicros >= sight.atMicros) {
      course.last = sight;
      return;
    }
    if (sight === undefined) {
      if (course.known.size >= maxValuesPerNode || this.values >= maxDeploymentValues) {
        this.refused++;
        return;
      }
      sight = { node, kind: course.kind, value, atMicros: startMicros };
      course.known.set(value, sight);
      this.values++;
    }
    sight.atMicros = startMicros;
    course.last = sight;
    this.onSight(sight);
  }

  private coursesOf(node: NodeKey): Courses {
    const known = this.nodes.get(node);
    if (known !== undefined) return known;
    const courses: Courses = [emptyCourse('version'), emptyCourse('runtime'), emptyCourse('image')];
    this.nodes.set(node, courses);
    return courses;
  }
}

function emptyCourse(kind: DeploymentKind): Course {
  return { kind, known: new Map(), last: null };
}

/** Ties in order of the values, by code units. */
function isBefore(left: FirstSight, right: FirstSight): boolean {
  return left.atMicros < right.atMicros || (left.atMicros === right.atMicros && left.value < right.value);
}

/** Elastic Beanstalk's label stands in for a version that the app does not give. */
function versionOf({ service, aws }: SegmentDocument): string {
  return nodeName(member(service, 'version')) || nodeName(member(member(aws, 'elastic_beanstalk'), 'version_label'));
}

/** What the app runs on, else what compiled it, else the SDK in it. */
function runtimeOf({ service, aws }: SegmentDocument): string {
  const runtime = named(member(service, 'runtime'), member(service, 'runtime_version'));
  if (runtime !== '') return runtime;
  const compiler = named(member(service, 'compiler'), member(service, 'compiler_version'));
  if (compiler !== '' || aws === undefined) return compiler;
  const xray = member(aws, 'xray');
  return named(member(xray, 'sdk'), member(xray, 'sdk_version'));
}

/** A container's image, or the machine's. */
function imageOf(aws: unknown): string {
  const ecs = nodeName(member(member(aws, 'ecs'), 'container_image'));
  const eks = ecs || nodeName(member(member(aws, 'eks'), 'container_image'));
  return eks || nodeName(member(member(aws, 'ec2'), 'ami_id'));
}

function named(name: unknown, version: unknown): string {
  const what = nodeName(name);
  const which = nodeName(version);
  return what === '' || which === '' ? what : nodeName(`${what} ${which}`);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
