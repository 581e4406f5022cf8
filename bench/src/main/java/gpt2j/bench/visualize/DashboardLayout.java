package gpt2j.bench.visualize;

import java.awt.Rectangle;

/**
 * Where things are in a dashboard. Positions go from left to right and dimensions of the head from
 * top to bottom, so that a key stands as a column beside the query, above its attention, its value
 * and its token.
 *
 * @param positions columns: for how many positions the cache has room
 * @param headSize rows
 * @param cellWidth pixels of one position
 * @param cellHeight pixels of one dimension
 * @param labels pixels of the longest token's text
 */
record DashboardLayout(int positions, int headSize, int cellWidth, int cellHeight, int labels) {
  static final int BAR = 12;
  private static final int MARGIN = 18;
  private static final int TICKS = 52;
  private static final int AXIS = 30;
  private static final int GAP = 34;
  private static final int VECTOR = 26;
  private static final int TITLE = 66;
  private static final int HEADING = 34;
  private static final int CHART = 90;
  private static final int FOOTER = 56;
  private static final int LEAST_WIDTH = 760;

  int width() {
    return Math.max(LEAST_WIDTH, rightBarX() + BAR + TICKS + MARGIN);
  }

  int height() {
    return tokensY() + labels + FOOTER;
  }

  int leftBarX() {
    return MARGIN;
  }

  int vectorX() {
    return leftBarX() + BAR + TICKS + AXIS;
  }

  int vectorWidth() {
    return VECTOR;
  }

  int mapX() {
    return vectorX() + VECTOR + GAP + AXIS;
  }

  int mapWidth() {
    return positions * cellWidth;
  }

  int mapHeight() {
    return headSize * cellHeight;
  }

  int rightBarX() {
    return mapX() + mapWidth() + 14;
  }

  int keysY() {
    return TITLE + HEADING;
  }

  int chartY() {
    return keysY() + mapHeight() + HEADING;
  }

  int chartHeight() {
    return CHART;
  }

  int valuesY() {
    return chartY() + CHART + HEADING;
  }

  int tokensY() {
    return valuesY() + mapHeight() + 20;
  }

  int footerY() {
    return height() - 12;
  }

  /** The left edge of a position's column. */
  int column(int position) {
    return mapX() + position * cellWidth;
  }

  Rectangle key(int position, int dimension) {
    return cell(position, dimension, keysY());
  }

  Rectangle value(int position, int dimension) {
    return cell(position, dimension, valuesY());
  }

  private Rectangle cell(int position, int dimension, int top) {
    return new Rectangle(column(position), top + dimension * cellHeight, cellWidth, cellHeight);
  }

  Rectangle query(int dimension) {
    return new Rectangle(vectorX(), keysY() + dimension * cellHeight, VECTOR, cellHeight);
  }

  Rectangle output(int dimension) {
    return new Rectangle(vectorX(), valuesY() + dimension * cellHeight, VECTOR, cellHeight);
  }
}
