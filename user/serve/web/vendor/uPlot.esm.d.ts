// Of uPlot, only that it is there: the parts used are few, and their types long.
declare const uPlot: any;
export default uPlot;
