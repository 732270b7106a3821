import { numbersFrom } from './seeded.ts'

/** The variables that generated expressions read. */
export const expressionVariables = {
  n: 4,
  half: 0.5,
  s: 'ab-cd',
  sentence: 'The quick  brown fox',
  empty: '',
  yes_: true,
  lst: [3, 1, 2],
  words: ['pear', 'Apple', 'fig', 'apple'],
  nested: [[1, 2], [3], []],
  d: { a: 1, b: 'two', c: [1, 2] },
  users: [
    { name: 'ann', age: 41, admin: true },
    { name: 'bob', age: 25 },
    { name: 'cleo', age: 33, admin: false },
  ],
}

type Kind = 'number' | 'text' | 'list' | 'truth'

/** Templates of numbers, texts, lists and filters, the same for the same seed. */
export function expressionsFrom(seed: number, count: number): readonly string[] {
  const below = numbersFrom(seed)
  const pick = (choices: readonly string[]): string => choices[below(choices.length)] ?? ''
  const small = () => String(below(6) - 1)
  const leaves: { readonly [kind in Kind]: () => string } = {
    number: () => pick(['0', '1', '7', '-3', '12', '0.5', '2.25', 'n', 'half', 'd.a', 'users[1].age', 'lst[0]', '1e3']),
    text: () =>
      pick(["'ab'", "'x y'", "''", "'Ünï'", "'7'", "'a,b,,c'", 's', 'sentence', 'empty', 'd.b', "d['b']", 'words[1]']),
    list: () =>
      pick(['[]', '[1, 2]', 'lst', 'words', 'd.c', '[0.5, 7, -3]', 'range(4) | list', 'nested[0]', "['b', 'a']"]),
    truth: () =>
      pick(['true', 'false', 'yes_', 'n == 4', "'ab' in s", 'nowhere is defined', 'd.a is number', "s is match('ab')"]),
  }
  const branches: { readonly [kind in Kind]: (deep: number) => string } = {
    number: (deep) => {
      const [a, b] = [of('number', deep), of('number', deep)]
      return pick([
        `(${a} + ${b})`,
        `(${a} - ${b})`,
        `(${a} * ${b})`,
        `(${a} / ${b})`,
        `(${a} // ${b})`,
        `(${a} % ${b})`,
        `(${a} | abs)`,
        `(${a} | int)`,
        `(${a} | float)`,
        `(${a} | round(1))`,
        `(-${a})`,
        `(${of('text', deep)} | length)`,
        `(${of('text', deep)} | int(${small()}))`,
        `(${of('list', deep)} | length)`,
        `(${of('list', deep)} | max)`,
        `(lst | sum)`,
        `(${a} if ${of('truth', deep)} else ${b})`,
        `([${a}, ${b}] | min)`,
      ])
    },
    text: (deep) => {
      const [a, b] = [of('text', deep), of('text', deep)]
      return pick([
        `(${a} ~ ${of(pick(['number', 'truth', 'list', 'text']) as Kind, deep)})`,
        `(${a} + ${b})`,
        `(${a} * ${small()})`,
        `(${a} | ${pick(['upper', 'lower', 'title', 'capitalize', 'trim', 'string', 'quote', 'b64encode', 'md5', 'reverse'])})`,
        `(${a} | replace('a', 'o'))`,
        `(${a} | regex_replace('[aeiou](.)', '<\\\\1>'))`,
        `(${a} | default(${b}, true))`,
        `${a}[${small()}:${small()}]`,
        `(${a} | truncate(5, true, '.', 0))`,
        `(${a} | center(9))`,
        `(${of('list', deep)} | join('-'))`,
        `(${of('list', deep)} | to_json)`,
        `('%s/%s' | format(${of('number', deep)}, ${b}))`,
        `('%03d|%.2f' | format(${small()}, ${of('number', deep)}))`,
        `(${a} if ${of('truth', deep)} else ${b})`,
        `(words | map('upper') | join(${b}))`,
        `(${of('truth', deep)} | ternary(${a}, ${b}))`,
        `${a}.${pick(['upper()', "split('-') | join('+')", "startswith('a')", "replace('b', '')", 'strip()'])}`,
      ])
    },
    list: (deep) => {
      const [a, b] = [of('list', deep), of('list', deep)]
      return pick([
        `(${a} + ${b})`,
        `(${a} | ${pick(['unique', 'list', 'flatten', 'reverse | list', "map('string') | list", "map('int') | list"])})`,
        `(${a} | ${pick(['union', 'intersect', 'difference', 'symmetric_difference'])}(${b}))`,
        `(${pick(['lst', 'words', '[2.5, 1]'])} | sort${pick(['', '(true)', '(reverse=true)'])})`,
        `${a}[${small()}:]`,
        `[${of('number', deep)}, ${of('text', deep)}]`,
        `(users | map(attribute='${pick(['name', 'age'])}') | list)`,
        `(users | selectattr('age', '${pick(['>', '<', 'eq'])}', ${of('number', deep)}) | map(attribute='name') | list)`,
        `(users | rejectattr('admin', 'defined') | list)`,
        `(lst | select('${pick(['odd', 'even', 'gt', 'lt'])}'${pick(['', ', 1'])}) | list)`,
        `(${a} | batch(2) | list)`,
        `(${a} | zip(${b}) | list)`,
        `(d | dict2items | map(attribute='key') | list)`,
        `(${of('text', deep)} | list)`,
        `(${of('text', deep)}.split(','))`,
        `(${a} | product([1, 2]) | list)`,
      ])
    },
    truth: (deep) => {
      const kind = pick(['number', 'text']) as Kind
      const [a, b] = [of(kind, deep), of(kind, deep)]
      return pick([
        `(${a} ${pick(['==', '!=', '<', '<=', '>', '>='])} ${b})`,
        `(not ${of('truth', deep)})`,
        `(${of('truth', deep)} ${pick(['and', 'or'])} ${of('truth', deep)})`,
        `(${of('number', deep)} ${pick(['in', 'not in'])} ${of('list', deep)})`,
        `(${of('text', deep)} ${pick(['in', 'not in'])} ${of('text', deep)})`,
        `(${of(pick(['number', 'text', 'list']) as Kind, deep)} is ${pick(['number', 'string', 'sequence', 'mapping', 'integer', 'float', 'iterable', 'none'])})`,
        `(${of('text', deep)} is ${pick(["search('a')", "match('a.')", "regex('b$')", 'upper', 'lower'])})`,
        `(${of('list', deep)} is ${pick(['contains(1)', 'subset([1, 2, 3])', 'superset([1])'])})`,
        `(${of('text', deep)} | bool)`,
      ])
    },
  }
  const of = (kind: Kind, deep: number): string =>
    deep === 0 || below(3) === 0 ? leaves[kind]() : branches[kind](deep - 1)
  return Array.from({ length: count }, () => {
    const kind = pick(['number', 'text', 'list', 'truth']) as Kind
    return `{{ ${branches[kind](1 + below(2))} }}`
  })
}
