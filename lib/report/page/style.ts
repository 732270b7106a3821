/** The style sheet of the page: readable on light, dark and paper, without anything from elsewhere. */
export const style = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1d2329; --soft: #5b6670; --line: #d9dee3; --panel: #f5f7f9;
  --ok: #2e7d4f; --changed: #9a6700; --failed: #b3261e; --skipped: #7a8691; --unknown: #6f42c1; --cut: #b3261e;
  --added: #e3f4e8; --removed: #fbe5e3; --addedfg: #175c31; --removedfg: #8c1d18; --hunk: #24568f }
@media (prefers-color-scheme: dark) { :root { --bg: #14181c; --fg: #e3e8ec; --soft: #9aa6b1; --line: #313a43;
  --panel: #1c2228; --ok: #5fbf85; --changed: #e0b04a; --failed: #ff8a80; --skipped: #85919c; --unknown: #c3a6ff;
  --cut: #ff8a80; --added: #17321f; --removed: #3a1d1c; --addedfg: #a6e3bb; --removedfg: #ffb4ab; --hunk: #8ab8ee } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1.25rem 4rem; background: var(--bg); color: var(--fg);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem }
p { margin: .25rem 0 } .soft { color: var(--soft) }
code, pre, .mono { font: 13px/1.45 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; align-items: baseline; margin: .75rem 0 }
dt { color: var(--soft) } dd { margin: 0 }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; border: 1px solid currentColor; font-weight: 600;
  font-size: .85rem; vertical-align: middle; margin-left: .5rem; white-space: nowrap }
.ok { color: var(--ok) } .changed { color: var(--changed) } .failed, .unreachable { color: var(--failed) }
.skipped, .ignored, .rescued { color: var(--skipped) } .unknown { color: var(--unknown) } .cut { color: var(--cut) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--soft); font-size: .85rem } td.number, th.number { text-align: right; white-space: nowrap }
td.word { white-space: nowrap }
.zero { color: var(--soft) }
.card { border: 1px solid var(--line); border-left: 4px solid var(--failed); border-radius: 4px; background: var(--panel);
  padding: .75rem 1rem; margin: .75rem 0; break-inside: avoid }
.card.warning { border-left-color: var(--changed) } .card h3 { margin: 0 0 .25rem }
.card pre { margin: .25rem 0; white-space: pre-wrap }
.lane { display: grid; grid-template-columns: minmax(6rem, 14rem) 1fr; gap: 1rem; align-items: center; margin: .35rem 0 }
.lane svg { display: block; width: 100%; height: 1.5rem; background: var(--panel); border-radius: 3px }
.axis { color: var(--soft); font-size: .8rem; display: flex; justify-content: space-between }
rect { stroke: var(--panel); stroke-width: 1; vector-effect: non-scaling-stroke } rect.ok { fill: var(--ok) } rect.changed { fill: var(--changed) }
rect.failed, rect.unreachable, rect.cut { fill: var(--failed) }
rect.skipped, rect.ignored, rect.rescued { fill: var(--skipped) } rect.unknown { fill: var(--unknown) }
.key { font-size: .85rem; color: var(--soft) } .key b { font-weight: 600; margin-right: .75rem }
details { margin: .4rem 0 } summary { cursor: pointer } summary::marker { color: var(--soft) }
.diff { margin: .4rem 0 .8rem; border: 1px solid var(--line); border-radius: 4px; padding: .4rem 0; white-space: pre-wrap;
  background: var(--panel) }
.diff span { display: block; padding: 0 .75rem } .diff .head { font-weight: 600 } .diff .hunk { color: var(--hunk) }
.diff .added { background: var(--added); color: var(--addedfg) } .diff .note { color: var(--soft); font-style: italic }
.diff .removed { background: var(--removed); color: var(--removedfg) }
@media (max-width: 40rem) { .lane { grid-template-columns: 1fr; gap: .2rem } td.place, th.place { display: none } }
@media print { body { max-width: none; padding: 0; font-size: 10pt } h2 { break-after: avoid }
  details::details-content { content-visibility: visible; display: block } tr { break-inside: avoid }
  * { print-color-adjust: exact } }
`
