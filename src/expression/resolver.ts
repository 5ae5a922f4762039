import { nearestName } from '../base/names.js';
import { FieldError } from '../config/fields.js';
import { mismatchMessage } from './arithmetic.js';
import { resolveCall } from './calls.js';
import { pathOfSyntax, type Syntax } from './syntax/syntax.js';
import { isMetaName, META, type Node } from './tree.js';
import { isComparedWithTypes, typeNamed, typeNameOf } from './type-names.js';
import { arithmeticType, isOrdered, typeOfNode } from './types.js';

type SyntaxOf<K extends Syntax['kind']> = Extract<Syntax, { kind: K }>;

/** Looks up the names and functions of a syntax tree, expands its macros and checks what can be known without data. */
export class Resolver {
  readonly names = new Set<string>();
  readonly isChecked: boolean;
  hasMacros = false;
  readonly #scope: { readonly name: string; readonly slot: number }[] = [];
  #slots = 0;

  constructor(isChecked: boolean) {
    this.isChecked = isChecked;
  }

  resolve(syntax: Syntax): Node {
    const { start: offset } = syntax;
    switch (syntax.kind) {
      case 'literal':
        return { op: 'literal', offset, value: syntax.value };
      case 'name':
        return this.#name(syntax);
      case 'select':
        return this.#select(syntax);
      case 'index': {
        const { isOptional } = syntax;
        return {
          op: 'index',
          offset,
          of: this.resolve(syntax.of),
          key: this.resolve(syntax.key),
          isOptional,
        };
      }
      case 'call':
        return resolveCall(this, syntax);
      case 'list': {
        const items = syntax.items.map(({ isOptional, value }) => ({
          isOptional,
          value: this.resolve(value),
        }));
        return { op: 'list', offset, items };
      }
      case 'map': {
        const entries = syntax.entries.map(({ isOptional, key, value }) => ({
          isOptional,
          key: this.resolve(key),
          value: this.resolve(value),
        }));
        return { op: 'map', offset, entries };
      }
      case 'unary':
        return this.#unary(syntax);
      case 'binary':
        return this.#binary(syntax);
      case 'conditional':
        return {
          op: 'conditional',
          offset,
          condition: this.resolve(syntax.condition),
          consequent: this.resolve(syntax.consequent),
          alternative: this.resolve(syntax.alternative),
        };
    }
  }

  /** The slot of a macro's variable, undefined when the name is none. */
  slotOf(name: string): number | undefined {
    return this.#scope.findLast((variable) => variable.name === name)?.slot;
  }

  /** Calls `build` while these are the names of variables. */
  withVariables<T>(names: readonly string[], build: (slots: readonly number[]) => T): T {
    const variables = names.map((name) => ({ name, slot: this.#slots++ }));
    this.#scope.push(...variables);
    const built = build(variables.map(({ slot }) => slot));
    this.#scope.length -= variables.length;
    return built;
  }

  #name({ name, isRoot, isQuoted, start: offset }: SyntaxOf<'name'>): Node {
    const slot = isRoot ? undefined : this.slotOf(name);
    if (slot !== undefined) return { op: 'local', offset, slot };
    if (!isQuoted && name === 'meta') {
      const names = Object.keys(META).map((key) => `meta.${key}`);
      throw new FieldError(`meta needs a name: ${names.join(', ')}`, offset);
    }
    const type = isQuoted ? undefined : typeNamed(name);
    if (type) return { op: 'literal', offset, value: type };
    this.names.add(name);
    return { op: 'field', offset, name };
  }

  #select(syntax: SyntaxOf<'select'>): Node {
    const { of, name: key, nameStart, isOptional, start: offset } = syntax;
    const path = pathOfSyntax(syntax);
    const type = path && this.slotOf(path[0]!) === undefined ? typeNamed(path.join('.')) : undefined;
    if (type) return { op: 'literal', offset, value: type };
    if (!this.#isMeta(of)) return { op: 'select', offset, of: this.resolve(of), key, isOptional };
    if (isMetaName(key)) return { op: 'meta', offset, name: key };
    const nearest = nearestName(key, Object.keys(META));
    throw new FieldError(
      `there is no meta.${key}; there are ${Object.keys(META).join(', ')}`,
      nameStart,
      nearest === undefined ? undefined : `meta.${nearest}`,
    );
  }

  #isMeta(syntax: Syntax): boolean {
    return (
      syntax.kind === 'name' &&
      syntax.name === 'meta' &&
      !syntax.isQuoted &&
      this.slotOf('meta') === undefined
    );
  }

  #unary({ operator, of: operand, start: offset }: SyntaxOf<'unary'>): Node {
    const of = this.resolve(operand);
    const type = typeOfNode(of);
    const takes = operator === '!' ? ['bool', 'any'] : ['int', 'double', 'duration', 'any'];
    if (this.isChecked && !takes.includes(type))
      throw new FieldError(`${operator} does not take ${type}`, offset);
    return { op: operator === '!' ? 'not' : 'negate', offset, of };
  }

  #binary(syntax: SyntaxOf<'binary'>): Node {
    const { operator, start: offset } = syntax;
    const left = this.#operand(syntax, syntax.left, syntax.right);
    const right = this.#operand(syntax, syntax.right, syntax.left);
    const types = [typeOfNode(left), typeOfNode(right)] as const;
    switch (operator) {
      case '&&':
        return { op: 'and', offset, left, right };
      case '||':
        return { op: 'or', offset, left, right };
      case 'in':
        if (this.isChecked && !['list', 'map', 'any'].includes(types[1])) {
          throw new FieldError(`in takes a list or a map on its right, not ${types[1]}`, right.offset);
        }
        return { op: 'in', offset, left, right };
      case '==':
      case '!=':
        return { op: 'compare', offset, operator, left, right };
      case '<':
      case '<=':
      case '>':
      case '>=':
        if (this.isChecked && !isOrdered(...types))
          throw new FieldError(mismatchMessage(operator, ...types), offset);
        return { op: 'compare', offset, operator, left, right };
      default:
        if (this.isChecked && arithmeticType(operator, ...types) === undefined)
          throw new FieldError(mismatchMessage(operator, ...types), offset);
        return { op: 'arithmetic', offset, operator, left, right };
    }
  }

  /** An operand; beside `type(x) ==` a name that could be a field's is that type. */
  #operand({ operator }: SyntaxOf<'binary'>, operand: Syntax, other: Syntax): Node {
    return isComparedWithTypes(operator, other) ? this.#asType(operand) : this.resolve(operand);
  }

  #asType(syntax: Syntax): Node {
    if (syntax.kind === 'list') {
      const items = syntax.items.map(({ isOptional, value }) => ({ isOptional, value: this.#asType(value) }));
      return { op: 'list', offset: syntax.start, items };
    }
    const type = syntax.kind === 'name' && !syntax.isQuoted ? typeNameOf(syntax.name) : undefined;
    return type ? { op: 'literal', offset: syntax.start, value: type } : this.resolve(syntax);
  }
}
