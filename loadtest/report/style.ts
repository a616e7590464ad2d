/** The page's style: one file, no font from elsewhere, light and dark by the reader's setting, fit for paper. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--raised:#f5f7f9;--ink:#1a2129;--quiet:#56616d;--rule:#d5dbe1;--accent:#1f5fbf;--good:#176639;--bad:#b3261e;--unsure:#855300;--on:#fff}
@media (prefers-color-scheme:dark){:root{--paper:#12161b;--raised:#1b2128;--ink:#e7ecf1;--quiet:#a3afbb;--rule:#343d47;--accent:#7fb0ff;--good:#62c98a;--bad:#ff8a80;--unsure:#f0b65a;--on:#12161b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
footer{color:var(--quiet);padding-bottom:2rem;font-size:.875rem}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0}
h2{font-size:1.125rem;margin:2.5rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:.9375rem;margin:1.25rem 0 .25rem;color:var(--quiet);font-weight:600}
p{margin:.5rem 0;max-width:46rem}
.verdict{margin:1.5rem 0 0;padding:1.25rem;background:var(--raised);border-left:.5rem solid var(--tone);border-radius:.25rem}
.verdict .word{display:inline-block;background:var(--tone);color:var(--on);font-weight:700;letter-spacing:.05em;padding:.125rem .625rem;border-radius:.25rem}
.verdict ul{margin:.25rem 0 0}.pass{--tone:var(--good)}.fail{--tone:var(--bad)}.invalid{--tone:var(--unsure)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:1rem 0 0;padding:0}
.figures div{background:var(--raised);padding:.75rem 1rem;border-radius:.25rem}
.figures dt{color:var(--quiet);font-size:.875rem}
.figures dd{margin:0;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3}
.figures small{display:block;font-size:.8125rem;font-weight:400;color:var(--quiet)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9375rem}
th,td{padding:.375rem .625rem;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
td.words,th.words{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:7rem}
thead th{color:var(--quiet);font-weight:600;font-size:.8125rem}
tbody th{font-weight:400}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
code,pre{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--raised);padding:.75rem 1rem;border-radius:.25rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
figure{margin:.5rem 0}
svg{display:block;width:100%;height:auto;min-width:34rem}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--quiet)}
svg .label{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--rule);stroke-width:1}
.line{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
.limit{fill:none;stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 4}
.interval{stroke-width:6;stroke-dasharray:none}
.dot{fill:var(--accent);stroke:var(--paper);stroke-width:2}
.heat{fill:var(--accent)}
.heat-1{fill-opacity:.12}.heat-2{fill-opacity:.28}.heat-3{fill-opacity:.44}.heat-4{fill-opacity:.62}.heat-5{fill-opacity:.8}.heat-6{fill-opacity:1}
summary{cursor:pointer;color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:40rem){th code{display:inline-block;min-width:7rem;white-space:normal;overflow-wrap:anywhere}td.words{min-width:9rem}main,footer{padding:0 .875rem}.figures{grid-template-columns:1fr 1fr}.figures dd{font-size:1.25rem}}
@media print{:root{--paper:#fff;--raised:#f3f4f6;--ink:#000;--quiet:#444;--rule:#bbb;--accent:#1f5fbf;--good:#176639;--bad:#b3261e;--unsure:#855300;--on:#fff}
body{font-size:10.5pt}table{font-size:8pt}th,td{padding:.25rem .3rem}main,footer{padding:0}h2,h3{break-after:avoid}figure,tr,.verdict{break-inside:avoid}.heat,.word,.verdict,.figures div{-webkit-print-color-adjust:exact;print-color-adjust:exact}svg{min-width:0}.scroll{overflow:visible}details:not([open]){display:none}}
`;
