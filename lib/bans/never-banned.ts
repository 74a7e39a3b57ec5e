import { formatPrefix, type Prefix } from '../network/prefix';
import type { TrustedClients } from '../platform/trusted-clients';

/** Why a ban of an address or a network could only hit who is never banned, or everybody. */
export function neverBannedReason(ipOrCidr: string, prefix: Prefix, clients: TrustedClients): string | undefined {
  // The address itself counts, not the IPv6 network that would be banned with it.
  if (!ipOrCidr.includes('/')) return clients.neverBanned(ipOrCidr);
  if (prefix.length === 0) return 'a whole address family';
  const first = clients.neverBanned(edgeOf(prefix, 'first'));
  return first !== undefined && clients.neverBanned(edgeOf(prefix, 'last')) !== undefined ? first : undefined;
}

function edgeOf({ family, words, length }: Prefix, edge: 'first' | 'last'): string {
  const bits = family === 4 ? 32 : 128;
  const edged = words.map((word, index) => {
    const hostBits = Math.min(32, Math.max(0, (index + 1) * 32 - length));
    return edge === 'first' || hostBits === 0 ? word : (word | (0xffffffff >>> (32 - hostBits))) >>> 0;
  });
  return formatPrefix({ family, words: edged, length: bits });
}
