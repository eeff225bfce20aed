import {
  Agent,
  createServer,
  get,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BalancerOptions {
  readonly readinessPath: string;
  /** Between two checks of a target. */
  readonly checkEveryMs: number;
  /** A connection to a target is kept this long without a byte. */
  readonly idleSeconds: number;
}

/** What is known of an instance behind the balancer. */
export interface Target {
  readonly name: string;
  readonly port: number;
  healthy: boolean;
  /** Checks in a row that said otherwise than `healthy`. */
  against: number;
  /** Responses that it gave to clients. */
  answered: number;
  /** Of the last of them; `performance.now()`. */
  lastAnswer: number;
  readonly agent: Agent;
}

/** Checks in a row that change a target's state. */
const THRESHOLD = 2;
const CHECK_MS = 1_000;

/**
 * A load balancer on loopback that hides nothing, after the ALB: round robin over the healthy targets, over all of them when
 * none is; keep-alive connections to them; two checks in a row change a target's state; a request is sent once, and what a
 * target answers or a broken connection (502) reaches the client as it is.
 */
export class Balancer {
  private readonly targets = new Map<string, Target>();
  private readonly stopped = new AbortController();
  private turn = 0;

  private constructor(
    private readonly options: BalancerOptions,
    private readonly server: Server,
  ) {
    server.on('request', (incoming, outgoing) => this.forward(incoming, outgoing));
    // The clients' connections are not what is looked at: they are never closed first.
    server.keepAliveTimeout = 0;
  }

  public static async start(options: BalancerOptions): Promise<Balancer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(options, server);
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** It gets requests once its checks have passed. */
  public add(name: string, port: number): Target {
    const agent = new Agent({
      keepAlive: true,
      maxFreeSockets: Infinity,
      scheduling: 'fifo',
      timeout: this.options.idleSeconds * 1_000,
    });
    const target: Target = { name, port, healthy: false, against: 0, answered: 0, lastAnswer: NaN, agent };
    this.targets.set(name, target);
    void this.watch(target);
    return target;
  }

  /** @throws Error when it takes longer than 15 seconds */
  public async healthy(target: Target): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!target.healthy) {
      if (performance.now() > deadline) throw new Error(`${target.name} does not get healthy`);
      await sleep(50);
    }
  }

  public async stop(): Promise<void> {
    this.stopped.abort();
    for (const { agent } of this.targets.values()) agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async watch(target: Target): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const passed = await this.check(target);
      target.against = passed === target.healthy ? 0 : target.against + 1;
      if (target.against >= THRESHOLD) {
        target.healthy = passed;
        target.against = 0;
      }
      await sleep(this.options.checkEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private check({ port }: Target): Promise<boolean> {
    return new Promise((resolve) => {
      const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(CHECK_MS)]);
      const options = { host: '127.0.0.1', port, path: this.options.readinessPath, agent: false, signal };
      get(options, (response) => {
        response.resume();
        response.once('error', () => resolve(false));
        response.once('end', () => resolve(response.statusCode === 200));
      }).once('error', () => resolve(false));
    });
  }

  private next(): Target | undefined {
    const all = [...this.targets.values()];
    const healthy = all.filter((target) => target.healthy);
    const choice = healthy.length > 0 ? healthy : all;
    this.turn += 1;
    return choice[this.turn % choice.length];
  }

  private forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const target = this.next();
    if (target === undefined) {
      outgoing.writeHead(503).end();
      return;
    }
    const { method, url: path, headers } = incoming;
    const { port, agent } = target;
    const upstream = request({ host: '127.0.0.1', port, agent, method, path, headers: endToEnd(headers) });
    const fail = (status: number): void => {
      // A response that has begun cannot be taken back: the client sees it break off.
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(status).end();
    };
    upstream.once('timeout', () => {
      fail(504);
      upstream.destroy();
    });
    upstream.on('error', () => fail(502));
    upstream.once('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, endToEnd(response.headers));
      response.on('error', () => outgoing.destroy());
      response.once('end', () => {
        target.answered += 1;
        target.lastAnswer = performance.now();
      });
      response.pipe(outgoing);
    });
    incoming.pipe(upstream);
  }
}

/** Without what belongs to one connection. https://www.rfc-editor.org/rfc/rfc9110#name-connection */
function endToEnd(headers: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  const { connection: _, 'keep-alive': _keepAlive, 'transfer-encoding': _encoding, ...rest } = headers;
  return rest;
}
