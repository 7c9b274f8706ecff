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
    code: (address) => `environment:
  AWS_XRAY_DAEMON_ADDRESS: ${address}`,
  },
];
