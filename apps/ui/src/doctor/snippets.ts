/** How an application is pointed here, by language. `address` is host:port of the X-Ray port. */
export interface Snippet {
  id: string;
  label: string;
  code: (address: string) => string;
}

export const snippets: readonly Snippet[] = [
  {
    id: 'env',
    label: 'Any SDK',
    code: (address) => `export AWS_XRAY_DAEMON_ADDRESS=${address}`,
  },
  {
    id: 'node',
    label: 'Node.js',
    code: (address) => `const AWSXRay = require('aws-xray-sdk-core');
AWSXRay.setDaemonAddress('${address}');
AWSXRay.captureHTTPsGlobal(require('http'));`,
  },
  {
    id: 'python',
    label: 'Python',
    code: (address) => `from aws_xray_sdk.core import xray_recorder
xray_recorder.configure(service='my-app', daemon_address='${address}')`,
  },
  {
    id: 'java',
    label: 'Java',
    code: (address) => `java -Dcom.amazonaws.xray.emitters.daemonAddress=${address} -jar app.jar`,
  },
  {
    id: 'go',
    label: 'Go',
    code: (address) => `xray.Configure(xray.Config{DaemonAddr: "${address}"})`,
  },
  {
    id: 'ecs',
    label: 'Docker, ECS',
    code: (address) => (loopback.test(address) ? containerOnThisHost(address) : `environment:\n  AWS_XRAY_DAEMON_ADDRESS: ${address}`),
  },
];

const loopback = /^127\./;
const hostOfContainer = 'host.docker.internal';

/** A container's loopback is its own, and ours cannot be reached from it. */
function containerOnThisHost(address: string): string {
  return `# Fluoroscope must listen beyond loopback; start it with
#   FLUOROSCOPE_XRAY_HOST=0.0.0.0
#   FLUOROSCOPE_ALLOWED_HOSTS=${hostOfContainer}
#   FLUOROSCOPE_AUTH=sigv4
#   FLUOROSCOPE_KEYS_FILE=... # see Access in the README
environment:
  AWS_XRAY_DAEMON_ADDRESS: ${address.replace(/^[^:]+/, hostOfContainer)}
extra_hosts: # for Docker on Linux
  - ${hostOfContainer}:host-gateway`;
}
