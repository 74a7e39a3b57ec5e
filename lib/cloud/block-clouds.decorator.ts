import { policyDecorator } from '../policy/policy-decorator';
import { CLOUD_PROVIDERS } from './cloud-provider';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    blockClouds?: readonly string[];
  }
}

/**
 * Refuses clients whose address belongs to one of the cloud providers, with 403. Replaces `blockCloudProviders` of the
 * configuration on the route. Inactive for a provider whose ranges were never to be had, which is an error in the log.
 *
 * @param providers `AWS`, `GCP`, `Azure`, `DigitalOcean`, `Linode`, `Oracle`, `Vultr`, `Cloudflare`, in any case;
 * `'AWS:!eu-west-1'` spares a region. Default: all. An unknown one stops the boot, and so does an empty list.
 *
 * @example
 * ```ts
 * @Post('sign-up')
 * @BlockClouds(['AWS', 'GCP:!europe-west1'])
 * signUp() {
 *   return { welcome: true };
 * }
 * ```
 */
export const BlockClouds = policyDecorator((providers: readonly string[] = CLOUD_PROVIDERS) => ({
  blockClouds: providers,
}));
