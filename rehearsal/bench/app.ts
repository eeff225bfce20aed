/** The `app` of the benchmark's project: the stacks of `dev` as the rehearsal has applied them. */
import { join } from 'node:path';

import { checkConfig } from '../../stacks/check-config';
import { config } from '../../stacks/config';
import { synthesize } from '../../stacks/main';
import { loadServiceDescriptors } from '../../stacks/services';
import { rehearsedSettings } from '../settings';

const checked = checkConfig(config, loadServiceDescriptors(join(__dirname, '../../services')));
const rehearsed = rehearsedSettings(checked, 'dev');
synthesize(rehearsed.config, rehearsed.services, process.env.CDKTF_OUTDIR);
