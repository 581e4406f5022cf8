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
 * @param headings pixels of the longest heading over the maps
 */
record DashboardLayout(
    int positions, int headSize, int cellWidth, int cellHeight, int labels, int headings) {
  /** Pixels across at least. */
  static final int LEAST_WIDTH = 1200;

  static final int BAR = 12;
  private static final int MARGIN = 18;
  private static final int TICKS = 56;
  private static final int AXIS = 30;
  private static final int GAP = 34;
  private static final int VECTOR = 36;
  private static final int TITLE = 72;
  private static final int HEADING = 34;
  private static final int CHART = 120;
  private static final int FOOTER = 78;
  private static final int LEAST_CELL = 8;
  private static final int LARGEST_CELL = 48;

  /** Pixels of one position that make so many of them about as wide as the picture. */
  static int cellFor(int positions) {
    DashboardLayout none = new DashboardLayout(0, 1, 1, 1, 0, 0);
    int room = LEAST_WIDTH - none.rightBarX() - BAR - TICKS - MARGIN;
    return Math.clamp(room / positions, LEAST_CELL, LARGEST_CELL);
  }

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
    return mapX() + Math.max(mapWidth(), headings) + 14;
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
