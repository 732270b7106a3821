import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** A validator of `@rocket.chat/rest-typings`; the newer ones change what they are given. */
export type Validator = ((value: unknown) => boolean) & { readonly errors?: unknown }

// The package is written for bundlers: its own imports name no file endings, which Node wants.
registerHooks({
  resolve(specifier, context, next) {
    if (!/\/rest-typings-\d\/dist\//.test(context.parentURL ?? '')) return next(specifier, context)
    if (/^ajv\/dist\/\d+$/.test(specifier)) return next(`${specifier}.js`, context)
    const ending = ['.js', '/index.js'].find(
      (end) => specifier.startsWith('.') && existsSync(fileURLToPath(new URL(`${specifier}${end}`, context.parentURL))),
    )
    return next(`${specifier}${ending ?? ''}`, context)
  },
})

/** The validators of one major release that this file of the package exports, by name. */
export async function validatorsOf(
  major: 6 | 7 | 8,
  file: string,
): Promise<{ readonly [name: string]: Validator | undefined }> {
  return (await import(`rest-typings-${major}/dist/v1/${file}.js`)) as {
    readonly [name: string]: Validator | undefined
  }
}
