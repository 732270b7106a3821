import { s } from '../task.ts'

/** Arguments that all tasks about files share; made anew for each, so that their names stay in one order. */
export const attributeArgs = () => ({
  mode: s.mode('Permissions: octal and quoted ("0644"), or symbolic (u=rw,go=r).').optional(),
  owner: s.string('Account that owns the path: a name or a number.').optional(),
  group: s.string('Group of the path: a name or a number.').optional(),
})

export const writeArgs = () => ({
  ...attributeArgs(),
  backup: s.boolean('Keep the old file beside the new one, with the time in its name.').default(false),
  validate: s
    .string('Command that must succeed before the new content is put in place; %s stands for a file with it.')
    .optional(),
})

/** Permissions that may also be taken from the source. */
export const preservableMode = () =>
  s
    .union(
      s.mode(''),
      s.choice(['preserve'], ''),
      'Permissions: octal and quoted ("0644"), symbolic (u=rw,go=r), or "preserve" for those of the source.',
    )
    .optional()
