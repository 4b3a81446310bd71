import { BlockList, isIPv4, isIPv6 } from 'node:net'

/**
 * Whether an address may be called without being named in the policy: a globally reachable unicast address of the IANA
 * special-purpose registries (RFC 6890). Takes a literal (`192.0.2.1`, `2001:db8::1`) as a resolver or a socket gives
 * it; anything that is not one, a zone id included, is not public.
 */
export const isPublicAddress = (address: string): boolean => {
  if (address.includes('%')) return false // BlockList reads past a zone id (RFC 4007 §11), which picks an interface
  if (isIPv4(address)) return !closed4.check(address, 'ipv4')
  // IPv6 is the other way round: open only inside 2000::/3, so that a range nobody has listed yet stays closed.
  if (isIPv6(address)) return globalUnicast6.check(address, 'ipv6') && !closed6.check(address, 'ipv6')
  return false
}

type Family = 'ipv4' | 'ipv6'

const listOf = (family: Family, ranges: readonly (readonly [network: string, bits: number])[]): BlockList => {
  const list = new BlockList()
  for (const [network, bits] of ranges) list.addSubnet(network, bits, family)
  return list
}

// Two lists: in one list an IPv4 address would match the IPv6 rules through its mapped form.
const closed4 = listOf('ipv4', [
  ['0.0.0.0', 8], // this network, 0.0.0.0 reaches the local host: RFC 791, RFC 1122 §3.2.1.3
  ['10.0.0.0', 8], // private: RFC 1918
  ['100.64.0.0', 10], // shared behind carrier NAT, cloud metadata too: RFC 6598
  ['127.0.0.0', 8], // loopback: RFC 1122 §3.2.1.3
  ['168.63.129.16', 32], // the Azure platform channel, public in form only: Microsoft "What is IP address 168.63.129.16"
  ['169.254.0.0', 16], // link-local, cloud metadata: RFC 3927
  ['172.16.0.0', 12], // private: RFC 1918
  ['192.0.0.0', 24], // IETF protocol assignments: RFC 6890
  ['192.0.2.0', 24], // documentation: RFC 5737
  ['192.88.99.0', 24], // 6to4 relay, withdrawn: RFC 7526
  ['192.168.0.0', 16], // private: RFC 1918
  ['198.18.0.0', 15], // benchmarks: RFC 2544
  ['198.51.100.0', 24], // documentation: RFC 5737
  ['203.0.113.0', 24], // documentation: RFC 5737
  ['224.0.0.0', 4], // multicast: RFC 5771
  ['240.0.0.0', 4], // reserved: RFC 1112 §4; 255.255.255.255 broadcast: RFC 919
])

// Outside it, and so closed: :: and ::1 (RFC 4291), ::ffff:0:0/96 mapped and ::/96 compatible (RFC 4291 §2.5.5),
// 64:ff9b::/96 and 64:ff9b:1::/48 NAT64 (RFC 6052, RFC 8215), 100::/64 discard (RFC 6666), 5f00::/16 (RFC 9602),
// fc00::/7 unique local (RFC 4193), fe80::/10 link-local (RFC 4291), fec0::/10 (RFC 3879), ff00::/8 multicast (RFC 4291).
const globalUnicast6 = listOf('ipv6', [
  ['2000::', 3], // global unicast: RFC 4291 §2.4, RFC 3587
])

const closed6 = listOf('ipv6', [
  ['2001::', 23], // IETF protocol assignments with Teredo (RFC 4380) and ORCHID (RFC 7343): RFC 2928
  ['2001:db8::', 32], // documentation: RFC 3849
  ['2002::', 16], // 6to4, carries any IPv4 address: RFC 3056
  ['3fff::', 20], // documentation: RFC 9637
])
