// `perf_hooks`: what the global `performance` is made of. There are no observers, histograms or timings of a loop.
const { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, performance } = require('web/performance');

module.exports = { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, performance };
