/// The batch script of an array job that trains one run a task.
///
/// It holds the runs' command lines itself: Slurm keeps it, so a task that comes back hours later runs what was submitted, whatever has
/// become of the plan's file.
package struct SlurmScript {
  /// Command line of each run behind the program's, threads aside.
  package var tasks: [[String]]
  /// The program, and what starts it: a container's command, say.
  package var program: [String]

  package init(tasks: [[String]], program: [String]) {
    self.tasks = tasks
    self.program = program
  }

  package var text: String {
    let cases = tasks.enumerated().map { index, arguments in
      "  \(index)) run=(\(arguments.map(Self.quoted).joined(separator: " "))) ;;"
    }
    return """
      #!/bin/bash
      # Trains one run a task; written by 'hpo sweep --slurm'. Slurm's signal before the time limit reaches this shell alone: it passes it on,
      # the run saves and ends, and the task queues itself again. A task whose node dies, or that is pre-empted, is queued again by Slurm.
      program=(\(program.map(Self.quoted).joined(separator: " ")))
      case $SLURM_ARRAY_TASK_ID in
      \(cases.joined(separator: "\n"))
        *) echo "there is no run $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;
      esac
      task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
      echo "task $task, start $(( ${SLURM_RESTART_COUNT:-0} + 1 )) on $(hostname)"
      requeue= stop= child=
      trap 'requeue=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' USR1
      trap 'stop=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
      "${program[@]}" "${run[@]}" --threads "${SLURM_CPUS_PER_TASK:-1}" </dev/null &
      child=$!
      # A signal may have come before there was somebody to pass it on to.
      [ -z "$requeue$stop" ] || kill -TERM "$child" 2>/dev/null
      # A signal ends a wait; the run is waited for to its end.
      wait "$child"; code=$?
      while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
      if [ -n "$stop" ]; then
        # Cancelled or pre-empted, and saved. Which of the two it is, Slurm knows: it ends or requeues this task now, if it is still there.
        sleep 600
        exit 143
      fi
      if [ -n "$requeue" ]; then
        # By this name alone: the last task's SLURM_JOB_ID is that of the whole array.
        echo "task $task queues itself again"
        scontrol requeue "$task" || exit 1
        sleep 600 # Slurm ends this; leaving by itself could be taken for the task's end
      fi
      exit "$code"

      """
  }

  /// A word as the shell takes it back.
  package static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=./+,:@%".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
