/** infra/kubernetes against what it starts: settings, ports, probes, names of settings and secrets, and what a container may do. */
import { readConfig, settings } from '@fluoroscope/runtime/config';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { imageStages } from './dockerfile.js';
import { read, trackedPaths } from './files.js';

interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  data?: Record<string, string>;
  spec?: { selector: Selector; ports?: ServicePort[]; template?: { metadata: { labels: object }; spec: Pod } };
}

/** A workload's has its labels in `matchLabels`, a Service's is its labels. */
interface Selector {
  matchLabels?: object;
}

interface ServicePort {
  name: string;
  port: number;
  targetPort: string;
}

interface Pod {
  enableServiceLinks?: boolean;
  securityContext: { runAsUser?: number };
  containers: Container[];
  volumes: { name: string; secret?: { secretName: string; defaultMode: number } }[];
}

interface Container {
  name: string;
  image: string;
  command: string[];
  envFrom: { configMapRef: { name: string } }[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  ports: { name: string; containerPort: number; hostPort?: number; protocol?: string }[];
  readinessProbe: Probe;
  livenessProbe: Probe;
  resources: { requests: object; limits: object };
  securityContext: object;
  volumeMounts: { name: string; mountPath: string }[];
}

interface Probe {
  httpGet: { path: string; port: string };
}

const paths = trackedPaths().filter((path) => /^infra\/kubernetes\/.*\.yaml$/.test(path));
const resources = paths.flatMap((path) =>
  parseAllDocuments(read(path)).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}`);
    return document.toJS() as Resource;
  }),
);
const ofKind = (...kinds: string[]) => resources.filter(({ kind }) => kinds.includes(kind));
const workloads = ofKind('Deployment', 'DaemonSet').flatMap(({ metadata, spec }) => {
  const pod = spec?.template?.spec;
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined) return [];
  const { labels } = spec?.template?.metadata ?? {};
  return [{ name: metadata.name, pod, container, labels, selected: spec?.selector.matchLabels }];
});

describe('infra/kubernetes', () => {
  it('has one workload for each process, and nothing of another namespace', () => {
    expect(workloads.map(({ name }) => name).sort()).toEqual(['fluoroscope-api', 'fluoroscope-daemon', 'fluoroscope-writer']);
    expect([...new Set(resources.map(({ metadata }) => metadata.namespace))]).toEqual(['fluoroscope']);
    expect([...new Set(resources.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].sort()).toEqual([
      'apps/v1 DaemonSet',
      'apps/v1 Deployment',
      'v1 ConfigMap',
      'v1 Service',
    ]);
  });

  it('starts files that the build makes, in the image that the Dockerfile makes, under our version', () => {
    expect(imageStages().map(({ name }) => name)).toContain('processes');
    const { version } = JSON.parse(read('package.json')) as { version: string };
    for (const { name, container } of workloads) {
      expect(container.image).toBe(`fluoroscope-processes:${version}`);
      const app = name.replace('fluoroscope-', '');
      expect(container.command).toEqual(['node', `apps/${app}/dist/main.js`]);
      expect(trackedPaths()).toContain(`apps/${app}/src/main.ts`);
    }
  });

  it('gives every process settings that it takes, and sets nothing that is not one', () => {
    const known = Object.values(settings).map(({ variable }) => variable);
    for (const { name, container } of workloads) {
      const environment = environmentOf(container);
      expect(readConfig(environment).problem, name).toBeUndefined();
      expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
    }
  });

  it('binds and asks the ports of the settings, and serves the paths that are asked', () => {
    const controller = read('apps/api/src/health-controller.ts') + read('libs/runtime/src/health.ts');
    for (const { name, container } of workloads) {
      const { config } = readConfig(environmentOf(container));
      const ports = new Map(container.ports.map((port) => [port.name, port]));
      expect(ports.get('http')?.containerPort, name).toBe(config?.httpPort);
      for (const port of container.ports.filter((one) => one.name.startsWith('xray'))) {
        expect([port.containerPort, port.hostPort], name).toEqual([config?.xrayPort, config?.xrayPort]);
      }
      expect(container.readinessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
      expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    }
    for (const path of ['livez', 'healthz']) expect(controller).toContain(path);
  });

  it('leads the daemons to the api, whose name it allows', () => {
    const [service] = ofKind('Service');
    const api = workloads.find(({ name }) => name === service?.metadata.name);
    expect(service?.spec?.selector).toEqual(api?.selected);
    const [port] = service?.spec?.ports ?? [];
    expect(api?.container.ports.map(({ name }) => name)).toContain(port?.targetPort);
    const { config } = readConfig(configMap());
    expect(config?.apiUrl).toBe(`http://${service?.metadata.name}:${port?.port}`);
    expect(config?.allowedHosts).toContain(service?.metadata.name);
  });

  it('selects the pods that it makes', () => {
    for (const { name, labels, selected } of workloads) {
      expect(selected, name).toBeDefined();
      expect(labels, name).toMatchObject(selected ?? {});
    }
  });

  it('gives containers no rights, a read-only root, bounds, and keys that others cannot read', () => {
    for (const { name, pod, container } of workloads) {
      expect(pod, name).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
      expect(pod.securityContext, name).toMatchObject({ runAsNonRoot: true, fsGroup: pod.securityContext.runAsUser });
      expect(container.securityContext, name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(Object.keys(container.resources.limits), name).toEqual(['cpu', 'memory']);
      expect(
        container.volumeMounts.map((mount) => mount.name),
        name,
      ).toEqual(pod.volumes.map((volume) => volume.name));
    }
    const { keysFile } = readConfig(configMap()).config ?? {};
    const { pod, container } = workloads.find(({ name }) => name === 'fluoroscope-api') ?? {};
    const mount = container?.volumeMounts.find(({ mountPath }) => keysFile?.startsWith(`${mountPath}/`));
    const volume = pod?.volumes.find(({ name }) => name === mount?.name);
    expect(volume?.secret).toEqual({ secretName: 'fluoroscope-keys', defaultMode: 0o440 });
  });

  it('says how to make every secret that it names', () => {
    const said = read('infra/kubernetes/settings.yaml');
    for (const { container } of workloads) {
      for (const { valueFrom } of container.env) {
        if (valueFrom === undefined) continue;
        expect(said).toContain(`secret generic ${valueFrom.secretKeyRef.name} `);
        expect(said).toContain(`--from-literal=${valueFrom.secretKeyRef.key}=`);
      }
    }
    expect(said).toContain('secret generic fluoroscope-keys --from-file=keys.json');
  });
});

function configMap(): Record<string, string> {
  return ofKind('ConfigMap')[0]?.data ?? {};
}

/** As the container sees it; of a secret, that there is one. */
function environmentOf({ envFrom, env }: Container): Record<string, string> {
  expect(envFrom).toEqual([{ configMapRef: { name: ofKind('ConfigMap')[0]?.metadata.name } }]);
  const own = env.map(({ name, value }) => [name, value ?? 'of-a-secret']);
  return { ...configMap(), ...Object.fromEntries(own) };
}
