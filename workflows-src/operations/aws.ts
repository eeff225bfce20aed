/** How AWS is reached: as terraform reaches it. */
export interface AwsAccess {
  readonly region: string;
  /** With credentials; `AWS_ENDPOINT_URL` is followed. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** What any client of the AWS SDK is made with. @param service as in `AWS_ENDPOINT_URL_<SERVICE>` */
export function clientOptions({ region, env }: AwsAccess, service: string): object {
  // Its release is pinned: that later ones want a later Node is no news to whoever runs this.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;
  return { region, ...(endpoint !== undefined && { endpoint }), ...credentialsOf(env) };
}

/** Options of one call. */
export function sent({ signal }: Pick<AwsAccess, 'signal'>): { readonly abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

/** Those of the given environment, which need not be this process's; else what the SDK finds, such as a profile. */
function credentialsOf(env: NodeJS.ProcessEnv): object {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  };
}
