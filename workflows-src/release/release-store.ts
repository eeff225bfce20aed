import type { LedgerEntry, ReleasePointer } from './pointer';
import { readPointer } from './pointer';
import {
  GetParameterCommand,
  GetParameterHistoryCommand,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from './sdk';
import { type AwsAccess, clientOptions, sent } from '../operations/aws';

/** Reads and writes which image a service runs in an environment. */
export class ReleaseStore {
  private readonly client: SSMClient;

  /** @param name of the SSM parameter of a service */
  public constructor(
    private readonly access: AwsAccess,
    private readonly name: (service: string) => string,
  ) {
    this.client = new SSMClient(clientOptions(access, 'SSM'));
  }

  /** @returns undefined when nothing was released yet @throws Error when SSM does not answer, or holds what is not ours */
  public async current(service: string): Promise<ReleasePointer | undefined> {
    const Name = this.name(service);
    const answer = await this.call(Name, 'cannot be read', () =>
      this.client.send(new GetParameterCommand({ Name }), sent(this.access)),
    );
    const value = answer?.Parameter?.Value;
    return value === undefined ? undefined : readPointer(value, Name);
  }

  /** Every release that AWS still has, the oldest first: it keeps the last 100. */
  public async ledger(service: string): Promise<readonly LedgerEntry[]> {
    const Name = this.name(service);
    const entries: LedgerEntry[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.call(Name, 'cannot be read', () =>
        this.client.send(
          new GetParameterHistoryCommand({ Name, MaxResults: 50, ...(NextToken && { NextToken }) }),
          sent(this.access),
        ),
      );
      for (const { Version = 0, Value = '' } of page?.Parameters ?? [])
        entries.push({ version: Version, pointer: readPointer(Value, `${Name}:${Version}`) });
      NextToken = page?.NextToken;
    } while (NextToken !== undefined);
    return entries.sort((a, b) => a.version - b.version);
  }

  /** @throws Error when it was not written */
  public async write(service: string, pointer: ReleasePointer): Promise<void> {
    const Name = this.name(service);
    await this.call(Name, 'cannot be written', () =>
      this.client.send(
        new PutParameterCommand({
          Name,
          Value: JSON.stringify(pointer),
          Type: 'String',
          Overwrite: true,
          Description:
            'Which image runs. Written by releases, read by every plan; its versions are the ledger.',
        }),
        sent(this.access),
      ),
    );
  }

  private async call<T>(name: string, trouble: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw new Error(`SSM parameter ${name} ${trouble}: ${(error as Error).message}`, { cause: error });
    }
  }
}
