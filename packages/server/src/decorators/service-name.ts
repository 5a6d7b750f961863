import type { ServedContract } from '../routes/route.js';
import type { Role } from './metadata.js';

/** Names the decorators of a contract as generated code does: `ChatService`, `AdminUsersService`. */
export function serviceName(contract: ServedContract): string {
  const words = contract.name.split('.');
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Service`;
}

/** Names the decorator that gives a method its role as it is written: `@ChatService.post()`. */
export function roleDecoratorName({ kind, contract, member, isInjected }: Role): string {
  const part = kind === 'handler' ? '' : `.${kind}`;
  return `@${serviceName(contract)}.${member}${part}${isInjected ? '.injected' : ''}()`;
}
