// Draws a table beside itself: <section data-chart="lines|bars|stack|heat" data-unit="min">.
// Its columns with data-colour (a token) are the series, its cells with data-value the numbers,
// its heading and its sentence the drawing's name. The table stays, folded, and says the same.
// Of lines the blue one is whole; those that it is held against are broken.
// Without this script the table stands open. No inline style (CSP): the drawing is a canvas, and
// its hints are drawn in it too.
const own = document.querySelector("script[data-echarts]");
const { init } = await import(own.dataset.echarts);
const styles = getComputedStyle(document.documentElement);
const rem = parseFloat(styles.fontSize);
const token = (name) => styles.getPropertyValue(`--${name}`).trim();
const family = getComputedStyle(document.body).fontFamily;
const words = { color: token("ink-2"), fontFamily: family, fontSize: 0.8125 * rem };

const numbers = (row) =>
  [...row.cells].slice(1).map((cell) => ("value" in cell.dataset ? Number(cell.dataset.value) : null));

function read(section) {
  const table = section.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  return {
    draws: section.dataset.chart,
    unit: section.dataset.unit,
    heads: [...table.tHead.rows[0].cells].slice(1),
    names: rows.map((row) => row.cells[0].textContent.trim()),
    values: rows.map(numbers),
  };
}

const axis = { axisLine: { lineStyle: { color: token("line") } }, axisTick: { show: false }, axisLabel: words };

function lineOrBar(told) {
  const drawn = told.heads.map((head, n) => ({ head, n })).filter(({ head }) => head.dataset.colour);
  const stacked = told.draws === "stack";
  return {
    xAxis: { ...axis, type: "category", data: told.names },
    yAxis: { ...axis, type: "value", name: told.unit, nameTextStyle: words, minInterval: 1,
      axisLine: { show: false }, splitLine: { lineStyle: { color: token("line") } } },
    legend: { show: drawn.length > 1, top: 0, left: 0, textStyle: words, itemWidth: 18, itemHeight: 10,
      selectedMode: false },
    series: drawn.map(({ head, n }, place) => ({
      name: head.textContent.trim(),
      type: told.draws === "lines" ? "line" : "bar",
      stack: stacked ? "all" : undefined,
      barMaxWidth: 2.5 * rem,
      symbol: ["circle", "rect", "triangle", "diamond"][place % 4],
      symbolSize: 7,
      lineStyle: { width: 2.5, type: head.dataset.colour === "blue" ? "solid" : "dashed" },
      color: token(head.dataset.colour),
      data: told.values.map((row) => row[n]),
    })),
  };
}

function heat(told, width) {
  const roomy = width / (told.heads.length + 1.5) > 1.75 * rem;
  const cells = told.values.flatMap((row, y) => row.map((value, x) => [x, y, value ?? "-"]));
  const dark = (value) => value >= 60;
  return {
    xAxis: { ...axis, type: "category", data: told.heads.map((head) => head.textContent.trim()) },
    yAxis: { ...axis, type: "category", data: told.names, inverse: true, axisLine: { show: false } },
    legend: { show: false },
    visualMap: { type: "piecewise", show: false, dimension: 2, pieces: [0, 20, 40, 60, 80].map((min, n) => (
      { gte: min, lt: n === 4 ? 1e6 : min + 20, color: token(`heat-${n}`) })) },
    series: [{
      type: "heatmap",
      data: cells.map((value) => ({ value,
        label: { color: token(dark(value[2]) ? "paper" : "ink") } })),
      label: { show: roomy, fontFamily: family, fontSize: 0.75 * rem,
        formatter: ({ value }) => (value[2] === "-" ? "" : `${value[2]}`) },
      itemStyle: { borderColor: token("paper"), borderWidth: roomy ? 3 : 1.5, borderRadius: 4 },
      emphasis: { disabled: true },
    }],
  };
}

function hint(told) {
  const say = (name, value) => `${name}  ${value}${told.unit === "%" ? "" : " "}${told.unit}`;
  const heated = told.draws === "heat";
  return {
    renderMode: "richText",
    confine: true,
    trigger: heated ? "item" : "axis",
    backgroundColor: token("ink"),
    borderWidth: 0,
    textStyle: { color: token("paper"), fontFamily: family, fontSize: 0.875 * rem },
    axisPointer: { type: told.draws === "lines" ? "line" : "shadow" },
    formatter: (at) => {
      if (heated) {
        const [x, y, value] = at.value;
        return value === "-" ? "" : say(`${told.names[y]} ${told.heads[x].textContent.trim()}`, value);
      }
      const lines = at.filter(({ value }) => value !== undefined && value !== null && value !== "");
      return [at[0].name, ...lines.map((one) => say(one.seriesName, one.value))].join("\n");
    },
  };
}

function height(told, narrow) {
  if (told.draws === "heat") return (told.names.length * 2.25 + 3) * rem;
  return (narrow ? 17 : 19) * rem;
}

function draw(section) {
  const told = read(section);
  const stage = document.createElement("div");
  const title = section.querySelector("h2");
  const numbersBelow = section.querySelector(".chart__numbers");
  stage.className = "chart__stage";
  stage.setAttribute("role", "img");
  stage.setAttribute("aria-labelledby", title.id);
  numbersBelow.before(stage);
  numbersBelow.open = false;
  const narrow = section.clientWidth < 32 * rem;
  const chart = init(stage, null, { renderer: "canvas", height: height(told, narrow) });
  const named = told.draws !== "bars" || told.heads.filter((head) => head.dataset.colour).length > 1;
  const top = told.draws === "heat" ? 4 : (!named ? 1.75 : narrow ? 4.5 : 3.25) * rem;
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: family },
    grid: { top, left: 4, right: 8, bottom: 4, containLabel: true },
    tooltip: hint(told),
    ...(told.draws === "heat" ? heat(told, stage.clientWidth) : lineOrBar(told)),
  });
  new ResizeObserver(() => chart.resize()).observe(stage);
  addEventListener("beforeprint", () => chart.resize({ width: Math.min(stage.clientWidth, 660) }));
  addEventListener("afterprint", () => chart.resize({ width: "auto" }));
}

for (const section of document.querySelectorAll("[data-chart]")) {
  if (section.querySelector("table")) draw(section);
}
document.body.dataset.drawn = "";
