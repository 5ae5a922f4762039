import { formatIp, isMapped, parseIp } from '../base/ip-address.js';
import { Cidr, Failure, IpAddress } from './values.js';

/** The address that a text names. Those of IPv4 in the notation `::ffff:1.2.3.4` are refused, as Kubernetes does. */
export function ipOfText(text: string): IpAddress | Failure {
  const bytes = parseIp(text);
  if (!bytes) return new Failure(`no IP address: "${text}"`);
  const isDottedMapped = isMapped(bytes) && text.includes('.');
  return isDottedMapped ? new Failure(`an IPv4 address in IPv6 notation: "${text}"`) : new IpAddress(bytes);
}

/** The range that a text such as `10.0.0.0/8` names. */
export function cidrOfText(text: string): Cidr | Failure {
  const wrong = new Failure(`no range of IP addresses, such as 10.0.0.0/8: "${text}"`);
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  if (!match) return wrong;
  const address = ipOfText(match[1]!);
  if (address instanceof Failure) return wrong;
  const prefixBits = Number(match[2]);
  return prefixBits <= address.bytes.length * 8 ? new Cidr(address, prefixBits) : wrong;
}

/** The canonical text of an address or a range. */
export function textOfNetwork(value: IpAddress | Cidr): string {
  if (value instanceof IpAddress) return formatIp(value.bytes);
  return `${formatIp(value.address.bytes)}/${value.prefixBits}`;
}
