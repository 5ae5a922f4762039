import type { Node } from '../tree.js';
import { HardKernel, type Kernel } from './kernel.js';
import { extend, HasKernel, PathKernel, pathOf } from './path.js';

/** The kernel of a node; nodes that no kernel covers are left to the interpreter. */
export function compileKernel(node: Node): Kernel {
  const path = pathOf(node);
  if (path) return new PathKernel(path);
  switch (node.op) {
    case 'has': {
      const member = extend(pathOf(node.of), node.key);
      return member ? new HasKernel(member) : new HardKernel();
    }
    default:
      return new HardKernel();
  }
}
