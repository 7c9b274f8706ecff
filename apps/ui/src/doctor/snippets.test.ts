import { expect, it } from 'vitest';
import { snippets } from './snippets.js';

const inContainer = (address: string) => snippets.find(({ id }) => id === 'ecs')?.code(address);

it('leads out of a container to this host, and says what that needs', () => {
  expect(inContainer('127.0.0.1:2000')).toContain('\n  AWS_XRAY_DAEMON_ADDRESS: host.docker.internal:2000\n');
  for (const setting of ['XRAY_HOST=0.0.0.0', 'ALLOWED_HOSTS=host.docker.internal', 'AUTH=sigv4', 'KEYS_FILE='])
    expect(inContainer('127.0.0.1:2000')).toContain(`#   FLUOROSCOPE_${setting}`);
  expect(inContainer('traces.example:2000')).toBe('environment:\n  AWS_XRAY_DAEMON_ADDRESS: traces.example:2000');
});
