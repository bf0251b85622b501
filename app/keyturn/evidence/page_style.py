"""The look of the page: calm, dense, aligned, made for A4; state is said by words and by a sign."""

STYLE = """\
:root{--ink:#1b2430;--soft:#5b6675;--line:#d5dae1;--fill:#f4f6f8;--accent:#1d4f73;
--good:#1d6b47;--bad:#a3271f;--warn:#8a5a00}
*{box-sizing:border-box}
body{margin:0 auto;max-width:190mm;padding:10mm 6mm;color:var(--ink);background:#fff;
font:9.5pt/1.42 "Source Sans 3","Segoe UI","Helvetica Neue",Arial,"Liberation Sans",sans-serif;
font-variant-numeric:tabular-nums}
h1,h2,h3,p,dl,dd,ul{margin:0}
h1{font-size:21pt;line-height:1.15;font-weight:650;letter-spacing:-.01em}
h2{font-size:12.5pt;font-weight:650;color:var(--accent);margin:8mm 0 2mm;padding-bottom:1mm;
border-bottom:1.2pt solid var(--accent);break-after:avoid}
h3{font-size:10pt;font-weight:650;margin:4.5mm 0 1.5mm;break-after:avoid}
p{max-width:165mm}p.lead{break-after:avoid;margin-bottom:2mm;color:var(--soft)}
.over{color:var(--soft);font-size:9pt;display:flex;justify-content:space-between;margin-bottom:3mm}
.sub{color:var(--soft);margin-top:1mm;font-size:10.5pt}
p.verdict{max-width:none;margin:5mm 0 4mm;padding:3mm 4mm;border-left:3pt solid;
background:var(--fill);
font-size:11.5pt;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.soft,.none{color:var(--soft)}.none{font-style:italic}
dl.facts{break-inside:avoid;display:grid;grid-template-columns:repeat(3,1fr);gap:2.6mm 6mm}
dl.facts dt{color:var(--soft);font-size:8pt}
dl.facts dd{overflow-wrap:anywhere}
code,.id{font:8pt/1.35 "DejaVu Sans Mono","Consolas","Menlo",monospace;overflow-wrap:anywhere}
.id{color:var(--soft)}
table{border-collapse:collapse;width:100%;table-layout:fixed;font-size:8.5pt;line-height:1.35}
thead{display:table-header-group}
th{text-align:left;font-weight:600;color:var(--soft);font-size:8pt;padding:0 2mm 1mm 0;
border-bottom:.8pt solid var(--ink);vertical-align:bottom}
td{padding:1.3mm 2mm 1.3mm 0;border-bottom:.5pt solid var(--line);vertical-align:top;
overflow-wrap:anywhere}
tr{break-inside:avoid}
td.n,th.n{text-align:right;padding-right:3mm}
time span,.when time,time.one,.tag span{white-space:nowrap}
h3+p{break-after:avoid}
.when{display:grid;grid-template-columns:max-content 1fr;gap:0 1.6mm}
.when span{color:var(--soft)}
.tag{font-size:7.5pt;color:var(--soft)}
.bars{display:grid;grid-template-columns:32mm 1fr 26mm;gap:2mm 4mm;align-items:center;
break-inside:avoid;margin-bottom:2mm}
.track{height:5mm;background:var(--fill);border:.5pt solid var(--line);position:relative}
.bar{height:100%;background:var(--accent);min-width:.8mm}
.bar.open{background:repeating-linear-gradient(135deg,var(--bad) 0 1.2mm,#fff 1.2mm 2.4mm)}
.bars b{text-align:right;font-weight:650}.bars .words{grid-column:2/4;margin-top:-1.4mm}
ul{padding-left:4.5mm}li{margin-bottom:.8mm}
.card{break-inside:avoid;margin-top:4mm;padding-top:2mm;border-top:.8pt solid var(--line)}
.card dl{display:grid;grid-template-columns:28mm 1fr;gap:.6mm 4mm;font-size:8.5pt}
.card dt{color:var(--soft)}.card dd{overflow-wrap:anywhere}
.card table{margin-top:1.5mm}
footer{margin-top:8mm;padding-top:2mm;border-top:.5pt solid var(--line);color:var(--soft);
font-size:8pt}
@page{size:A4;margin:16mm 14mm 17mm;
@bottom-right{content:counter(page) " / " counter(pages);font:8pt sans-serif;color:#5b6675}}
@media print{body{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
