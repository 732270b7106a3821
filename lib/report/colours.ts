import { styleText } from 'node:util'
import type { Status } from '../core/event.ts'

type Style = Parameters<typeof styleText>[0]

/** Puts colours and weights on text, or leaves it plain. */
export interface Paint {
  readonly status: (status: Status, text: string) => string
  readonly error: (text: string) => string
  readonly warning: (text: string) => string
  readonly added: (text: string) => string
  readonly removed: (text: string) => string
  readonly hunk: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

/** Ansible's colours, and one for `unknown`. */
const statuses: { readonly [status in Status]: Style } = {
  ok: 'green',
  changed: 'yellow',
  skipped: 'cyan',
  failed: 'red',
  unreachable: 'redBright',
  unknown: 'magenta',
}

/** A palette that colours when `colour` is true and leaves text as it is otherwise. */
export function paint(colour: boolean): Paint {
  const in_ = (style: Style) => (text: string) =>
    colour && text !== '' ? styleText(style, text, { validateStream: false }) : text
  return {
    status: (status, text) => in_(statuses[status])(text),
    error: in_('red'),
    warning: in_('magentaBright'),
    added: in_('green'),
    removed: in_('red'),
    hunk: in_('cyan'),
    strong: in_('bold'),
    faint: in_('dim'),
  }
}

/** What decides about colour and the live region; the environment's values as they are. */
export interface Surroundings {
  readonly isTTY: boolean
  readonly term: string | undefined
  readonly noColor: string | undefined
  readonly forceColor: string | undefined
  /** `--no-color`. */
  readonly plain: boolean
}

/**
 * Whether to colour and whether to draw a live region. The flag wins over `NO_COLOR` (any value but an empty one), which
 * wins over `FORCE_COLOR` (any value but `0` and `false`), which wins over what the terminal is.
 */
export function manners(around: Surroundings): { readonly colour: boolean; readonly live: boolean } {
  const able = around.isTTY && around.term !== 'dumb'
  const refused = around.plain || (around.noColor ?? '') !== ''
  const forced = around.forceColor !== undefined && around.forceColor !== '0' && around.forceColor !== 'false'
  const off = around.forceColor === '0' || around.forceColor === 'false'
  return { colour: !refused && (forced || (able && !off)), live: able }
}
