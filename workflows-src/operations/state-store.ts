import * as z from 'zod';

import type { SynthesizedStack } from '../graph/synthesized';
import { checked, commit, text } from '../review/checked';
import { clientOptions, sent } from './aws';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from './s3';

/** What is kept beside a stack's state of its applies. */
export interface AppliedRecord {
  readonly format: 1;
  /** The commit of the last apply that ended well. @default none did */
  readonly applied?: Applied;
  /** An apply that has begun and not ended: it runs, or was cut off. @default none */
  readonly running?: { readonly commit?: string; readonly at: string; readonly run?: string };
}

export interface Applied {
  readonly commit: string;
  readonly at: string;
  /** Digest of what terraform was given. @default not known, as of records that are older than it */
  readonly configuration?: string;
  /** Of a tasks stack. */
  readonly image?: string;
  /** Another one after each apply that changed something. @default not known, as of records that are older than it */
  readonly revision?: string;
  /** Of each stack that it read from, as they were when it was planned. @default not known, as above */
  readonly reads?: Readonly<Record<string, string>>;
}

/** Terraform's own lock of a state, as the S3 backend keeps it in `<key>.tflock`. */
export interface LockInfo {
  readonly id: string;
  /** `user@host`. */
  readonly who: string;
  /** Such as `OperationTypeApply`. */
  readonly operation: string;
  readonly created: string;
}

/** The objects that lie beside a state in its bucket, found with the credentials that terraform uses. */
export class StateStore {
  private readonly clients = new Map<string, S3Client>();

  /** @param env with credentials; `AWS_ENDPOINT_URL` is followed, as terraform does */
  public constructor(
    private readonly env: NodeJS.ProcessEnv,
    public readonly signal?: AbortSignal,
  ) {}

  /** @throws Error when S3 does not answer, or the record was not written by us */
  public async applied(stack: SynthesizedStack): Promise<AppliedRecord> {
    const name = recordKey(stack);
    const bytes = await this.get(stack, name);
    return bytes === undefined
      ? { format: 1 }
      : checked(record, bytes, `s3://${stack.stateBucket}/${name}`, MAX_BYTES, 'a record of `npm run apply`');
  }

  public async writeApplied(stack: SynthesizedStack, value: AppliedRecord): Promise<void> {
    await this.client(stack).send(
      new PutObjectCommand({
        Bucket: stack.stateBucket,
        Key: recordKey(stack),
        Body: JSON.stringify(value),
        ContentType: 'application/json',
      }),
      sent(this),
    );
  }

  /** Who holds the state's lock; undefined when nobody does. */
  public async lock(stack: SynthesizedStack): Promise<LockInfo | undefined> {
    const name = `${stack.id}.tflock`;
    const bytes = await this.get(stack, name);
    if (bytes === undefined) return undefined;
    const { ID, Who, Operation, Created } = checked(
      lockFile,
      bytes,
      `s3://${stack.stateBucket}/${name}`,
      MAX_BYTES,
      "terraform's lock",
    );
    return { id: ID, who: Who, operation: Operation, created: Created };
  }

  private async get(stack: SynthesizedStack, key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.client(stack).send(
        new GetObjectCommand({ Bucket: stack.stateBucket, Key: key }),
        sent(this),
      );
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw new Error(`s3://${stack.stateBucket}/${key} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  private client({ stateRegion: region }: SynthesizedStack): S3Client {
    const client =
      this.clients.get(region) ??
      // An address without a name, such as the emulator's, has no place for the bucket's.
      new S3Client({
        ...clientOptions({ region, env: this.env }, 'S3'),
        ...((this.env.AWS_ENDPOINT_URL_S3 ?? this.env.AWS_ENDPOINT_URL) !== undefined && {
          forcePathStyle: true,
        }),
      });
    this.clients.set(region, client);
    return client;
  }
}

function recordKey({ id }: SynthesizedStack): string {
  return `${id}.applied`;
}

const MAX_BYTES = 64 * 1024;

const record = z.strictObject({
  format: z.literal(1),
  applied: z
    .strictObject({
      commit,
      at: z.iso.datetime(),
      configuration: text.exactOptional(),
      image: text.exactOptional(),
      revision: text.exactOptional(),
      reads: z.record(text, text).exactOptional(),
    })
    .exactOptional(),
  running: z
    .strictObject({ commit: commit.exactOptional(), at: z.iso.datetime(), run: text.exactOptional() })
    .exactOptional(),
});

/** https://developer.hashicorp.com/terraform/language/state/locking, and `statemgr.LockInfo` in Terraform's source. */
const lockFile = z.looseObject({
  ID: text,
  Who: text.default('unknown'),
  Operation: text.default(''),
  Created: text.default(''),
});
