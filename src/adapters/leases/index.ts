export { openLeases } from './leases.ts';
export { tidyLeases } from './tidy.ts';
