import {
  equalAddresses,
  isGlobalUnicast,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isLoopback,
  isUnspecified,
  maskAddress,
} from '../../base/ip-address.js';
import { cidrOfText, ipOfText, textOfNetwork } from '../network.js';
import { Cidr, Failure, IpAddress, type Value } from '../values.js';
import { type FunctionDefinition, method, plain } from './function.js';

function containsIp({ address, prefixBits }: Cidr, { bytes }: IpAddress): boolean {
  if (address.bytes.length !== bytes.length) return false;
  return equalAddresses(maskAddress(address.bytes, prefixBits), maskAddress(bytes, prefixBits));
}

function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return inner.prefixBits >= outer.prefixBits && containsIp(outer, inner.address);
}

/** Calls `apply` with what `read` makes of a text, unless that fails. */
function ofText<T extends IpAddress | Cidr>(
  read: (text: string) => T | Failure,
  text: string,
  apply: (value: T) => Value,
): Value {
  const value = read(text);
  return value instanceof Failure ? value : apply(value);
}

function isCanonical(text: string): Value {
  return ofText(ipOfText, text, (address) => textOfNetwork(address) === text);
}

function question(
  name: string,
  summary: string,
  example: string,
  ask: (bytes: Uint8Array) => boolean,
): FunctionDefinition {
  return { name, summary, example, overloads: [method(['ip'], 'bool', ({ bytes }) => ask(bytes))] };
}

/** Functions on IP addresses and their ranges: Kubernetes' extension of CEL. */
export const NETWORK_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'ip',
    summary: 'The IP address that a text names, or that of a range.',
    example: 'ip("192.168.0.1").isLoopback()',
    overloads: [
      plain(['string'], 'ip', ipOfText),
      plain(['ip'], 'ip', (address) => address),
      method(['cidr'], 'ip', ({ address }) => address),
    ],
  },
  {
    name: 'isIP',
    summary: 'Whether a text is an IP address.',
    example: 'isIP("192.168.0.256")',
    overloads: [plain(['string'], 'bool', (text) => !(ipOfText(text) instanceof Failure))],
  },
  {
    name: 'ip.isCanonical',
    summary: 'Whether an IP address is written as it is commonly written.',
    example: 'ip.isCanonical("2001:DB8::68")',
    overloads: [plain(['string'], 'bool', isCanonical)],
  },
  {
    name: 'cidr',
    summary: 'The range of IP addresses that a text names.',
    example: 'cidr("10.0.0.0/8").containsIP("10.1.2.3")',
    overloads: [plain(['string'], 'cidr', cidrOfText), plain(['cidr'], 'cidr', (range) => range)],
  },
  {
    name: 'isCIDR',
    summary: 'Whether a text is a range of IP addresses.',
    example: 'isCIDR("10.0.0.0/8")',
    overloads: [plain(['string'], 'bool', (text) => !(cidrOfText(text) instanceof Failure))],
  },
  {
    name: 'family',
    summary: 'The version of an IP address: 4 or 6.',
    example: 'ip("::1").family()',
    overloads: [method(['ip'], 'int', ({ bytes }) => (bytes.length === 4 ? 4n : 6n))],
  },
  question('isUnspecified', 'Whether it is 0.0.0.0 or ::.', 'ip("0.0.0.0").isUnspecified()', isUnspecified),
  question('isLoopback', 'Whether it is in 127.0.0.0/8, or ::1.', 'ip("127.0.0.1").isLoopback()', isLoopback),
  question(
    'isGlobalUnicast',
    'Whether it is an address of a single host that is not bound to a link; private ones are.',
    'ip("10.1.2.3").isGlobalUnicast()',
    isGlobalUnicast,
  ),
  question(
    'isLinkLocalMulticast',
    'Whether it is in 224.0.0.0/24, or multicast of IPv6 within a link.',
    'ip("224.0.0.1").isLinkLocalMulticast()',
    isLinkLocalMulticast,
  ),
  question(
    'isLinkLocalUnicast',
    'Whether it is in 169.254.0.0/16 or fe80::/10.',
    'ip("169.254.1.1").isLinkLocalUnicast()',
    isLinkLocalUnicast,
  ),
  {
    name: 'containsIP',
    summary: 'Whether an address lies in the range.',
    example: 'cidr("192.168.0.0/16").containsIP("192.168.3.4")',
    overloads: [
      method(['cidr', 'ip'], 'bool', containsIp),
      method(['cidr', 'string'], 'bool', (range, text) =>
        ofText(ipOfText, text, (address) => containsIp(range, address)),
      ),
    ],
  },
  {
    name: 'containsCIDR',
    summary: 'Whether another range lies in the range.',
    example: 'cidr("192.168.0.0/16").containsCIDR("192.168.3.0/24")',
    overloads: [
      method(['cidr', 'cidr'], 'bool', containsCidr),
      method(['cidr', 'string'], 'bool', (range, text) =>
        ofText(cidrOfText, text, (inner) => containsCidr(range, inner)),
      ),
    ],
  },
  {
    name: 'masked',
    summary: 'The range with the bits after its prefix cleared.',
    example: 'string(cidr("192.168.1.7/24").masked())',
    overloads: [
      method(
        ['cidr'],
        'cidr',
        ({ address, prefixBits }) =>
          new Cidr(new IpAddress(maskAddress(address.bytes, prefixBits)), prefixBits),
      ),
    ],
  },
  {
    name: 'prefixLength',
    summary: 'How many bits of the range are its prefix.',
    example: 'cidr("192.168.1.0/24").prefixLength()',
    overloads: [method(['cidr'], 'int', ({ prefixBits }) => BigInt(prefixBits))],
  },
];
