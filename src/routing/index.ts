export {
  EXCHANGE_TYPES,
  type ExchangeType,
  HEADER_MATCHES,
  type HeaderMatch,
  type HeadersBinding,
  type HeaderValue,
  isHeaderMatch,
  type KeyBinding,
  wrongBindingKey,
} from './binding.js';
export { ConsumerSets, NOBODY } from './consumer-sets.js';
export { HeadersRouter } from './headers.js';
export { KeyRouter } from './key-router.js';
export { NO_KEY, type RoutedRows, rowsByConsumer } from './routes.js';
