import { formatDurationMs, formatSize } from '../base/units.js';
import { bottleneckText } from '../runtime/index.js';
import { bar, clip, formatRate, type Paint, shortCount } from './render.js';
import type { Snapshot } from './sampler.js';

const BAR_WIDTH = 30;

/** The progress of a run in a few lines of at most `columns` characters. */
export function progressLines(name: string, snapshot: Snapshot, columns: number, paint: Paint): string[] {
  const { elapsedMs, bytesRead, bytesPerSecond, recordsPerSecond, draining, bottleneck } = snapshot;
  const figures = [
    formatSize(bytesRead),
    formatRate(bytesPerSecond),
    `${shortCount(recordsPerSecond)} records/s`,
    formatDurationMs(elapsedMs),
  ];
  const end = draining ? 'draining: finishing what was read' : `limited by ${bottleneckText(bottleneck)}`;
  const head = clip(`${name}  ${figures.join('  ')}`, columns);
  return [
    paint('bold', head.slice(0, name.length)) + head.slice(name.length),
    ...shareLines(snapshot, columns, paint),
    clip(stagesLine(snapshot), columns),
    paint(draining ? 'yellow' : 'dim', clip(end, columns)),
  ];
}

function shareLines({ share, remainingMs }: Snapshot, columns: number, paint: Paint): string[] {
  const width = Math.min(BAR_WIDTH, columns - 30);
  if (share === undefined || width < 5) return [];
  const left = remainingMs === undefined ? '' : `  about ${formatDurationMs(remainingMs)} left`;
  return [`${paint('cyan', bar(share, width))} ${Math.floor(share * 100)} %${left}`];
}

function stagesLine({ stages, deadLetters }: Snapshot): string {
  const counts = stages.map(({ stage, recordsOut }) => `${stage} ${shortCount(recordsOut)}`);
  if (deadLetters > 0) counts.push(`dead letters ${shortCount(deadLetters)}`);
  return counts.join('  ');
}
