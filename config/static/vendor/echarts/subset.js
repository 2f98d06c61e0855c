// The parts of Apache ECharts 6.1.0 that Dengta uses: lines, bars and heat tables on a canvas.
// Rebuild after a new release: npm install echarts@6 esbuild, then beside this file
//   npx esbuild subset.js --bundle --minify --format=esm --legal-comments=none
//     --banner:js="/* Apache ECharts 6.1.0, Apache License 2.0: LICENSE, NOTICE, subset.js */"
//     --outfile=echarts.min.js
import { use } from "echarts/core";
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  GridComponent, LegendComponent, TooltipComponent, VisualMapPiecewiseComponent,
} from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart, HeatmapChart, LineChart, GridComponent, LegendComponent, TooltipComponent,
  VisualMapPiecewiseComponent, CanvasRenderer,
]);

export { init } from "echarts/core";
