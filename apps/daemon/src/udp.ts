/**
 * The UDP sockets of the X-Ray port, one per address. It hands on every datagram and does nothing else: no answer is
 * ever sent. Asks for 4 MB of receive buffer, which carries 10,000 datagrams/s over a stall of 0.3 s, and says so when
 * the kernel grants less.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Logger } from '@fluoroscope/runtime/logger';
import { isAbsentFamily } from './bind.js';
import { readKernelDrops } from './kernel-drops.js';

const wantedBufferBytes = 4 * 1024 * 1024;
/** Reading the kernel's table costs system time in proportion to all sockets of the machine. */
const dropsAgeMs = 1_000;
/** On close, how long datagrams that the kernel holds are taken, while their sender goes on. */
const maxDrainMs = 200;
/** A turn of the event loop may pass before the sockets are looked at. */
const quietTurns = 3;

export interface UdpOptions {
  hosts: readonly string[];
  /** 0: any free port, the same for all hosts. */
  port: number;
  logger: Logger;
  onDatagram: (bytes: Buffer) => void;
}

export class UdpReceiver {
  readonly port: number;
  /** Bytes of receive buffer that the kernel granted to each socket; the least of them. */
  readonly receiveBufferBytes: number;
  readonly #sockets: Socket[];
  readonly #addresses: string[];
  #drops: number | null = null;
  #dropsReadAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  private constructor(sockets: Socket[], logger: Logger) {
    this.#sockets = sockets;
    this.#addresses = sockets.map((socket) => socket.address().address);
    this.port = sockets[0]?.address().port ?? 0;
    this.receiveBufferBytes = Math.min(...sockets.map(grantedBytes));
    if (this.receiveBufferBytes < wantedBufferBytes) {
      const details = { grantedBytes: this.receiveBufferBytes, wantedBytes: wantedBufferBytes };
      logger.warn(details, `bursts may be lost: raise the receive buffer with sysctl -w net.core.rmem_max=${wantedBufferBytes}`);
    }
  }

  /** Rejects with the system's error when an address cannot be bound, an absent IPv6 apart. */
  static async open({ hosts, port, logger, onDatagram }: UdpOptions): Promise<UdpReceiver> {
    const sockets: Socket[] = [];
    try {
      for (const host of hosts) {
        const socket = await bind(host, sockets[0]?.address().port ?? port).catch((error) => {
          if (sockets.length > 0 && isAbsentFamily(error)) return null;
          throw error;
        });
        if (socket) sockets.push(socket);
      }
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
    for (const socket of sockets) {
      socket.on('message', onDatagram);
      socket.on('error', (error) => logger.error({ err: error }, 'the UDP socket failed'));
    }
    return new UdpReceiver(sockets, logger);
  }

  /** Dropped by the kernel since the sockets were bound, at most a second old; null where the system does not tell. */
  kernelDrops(): number | null {
    const now = performance.now();
    if (!this.#closed && now - this.#dropsReadAtMs > dropsAgeMs) {
      this.#dropsReadAtMs = now;
      this.#drops = readKernelDrops(this.#addresses, this.port);
    }
    return this.#drops;
  }

  /** Takes what the kernel holds already, as far as that has an end, then closes. `received` counts what has come. */
  async close(received: () => number): Promise<void> {
    const deadline = performance.now() + maxDrainMs;
    for (let quiet = 0; quiet < quietTurns && performance.now() < deadline; quiet++) {
      const before = received();
      await new Promise((resolve) => setImmediate(resolve));
      if (received() !== before) quiet = 0;
    }
    this.#dropsReadAtMs = Number.NEGATIVE_INFINITY;
    this.kernelDrops();
    this.#closed = true;
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }
}

async function bind(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: wantedBufferBytes });
  const listening = once(socket, 'listening');
  socket.bind({ address: host, port });
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

/** Linux reports twice what it grants: the other half is its own bookkeeping. */
function grantedBytes(socket: Socket): number {
  const reported = socket.getRecvBufferSize();
  return process.platform === 'linux' ? reported / 2 : reported;
}
