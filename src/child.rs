//! A program started in place of this process: it gets the signals that this process is sent.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};

/// Waits for `child` to end in its own way. A request to end this process becomes one to end the child.
///
/// # Errors
/// The child cannot be waited for, or a signal cannot be passed on.
pub(crate) async fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    // Not before the child was started: a signal that is ignored (`nohup`, `&` in a script) must stay so in the child.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        let sent = tokio::select! {
            ended = child.wait() => return ended,
            _ = terminate.recv() => Signal::TERM,
            _ = interrupt.recv() => Signal::INT,
            _ = quit.recv() => Signal::QUIT,
            _ = hangup.recv() => Signal::HUP,
        };
        // Ctrl-C reaches the child by itself. Twice would break off the tidying that the first began.
        if sent == Signal::TERM || !in_foreground() {
            pass_on(child, sent)?;
        }
    }
}

/// Whether the terminal sends its signals to this process, and so to the child, which is in the same group.
fn in_foreground() -> bool {
    let foreground = File::open("/dev/tty").ok().and_then(|terminal| tcgetpgrp(terminal).ok());
    foreground.is_some_and(|group| group == getpgrp())
}

fn pass_on(child: &Child, signal: Signal) -> io::Result<()> {
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    // There is no id once the child has ended and was waited for.
    pid.map_or(Ok(()), |pid| Ok(kill_process(pid, signal)?))
}

/// The status as a shell would give it: 128 and the signal for a program that a signal ended.
pub(crate) fn code(ended: ExitStatus) -> u8 {
    let code = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use rustix::process::getpid;
    use tokio::io::AsyncReadExt as _;
    use tokio::process::Command;

    use super::*;

    fn shell(script: &str) -> Child {
        Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("sh starts")
    }

    /// Signals reach the whole process, and so every child that is waited for: one test at a time.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    #[tokio::test]
    async fn a_request_to_end_is_passed_on_and_the_child_ends_in_its_own_way() {
        let _alone = ALONE.lock().await;
        let mut child = shell("trap 'exit 33' TERM; echo ready; while :; do sleep 0.05; done");
        let mut output = child.stdout.take().expect("it is piped");
        // `wait` is polled first, and catches the signal from then on.
        let (ended, ()) = tokio::join!(biased; wait(&mut child), async {
            output.read_u8().await.expect("the shell says that it is ready");
            kill_process(getpid(), Signal::TERM).expect("a process may signal itself");
        });
        assert_eq!(code(ended.expect("the child is waited for")), 33);
    }

    #[tokio::test]
    async fn the_status_is_the_childs_or_128_and_its_signal() {
        let _alone = ALONE.lock().await;
        for (script, expected) in [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)] {
            assert_eq!(code(wait(&mut shell(script)).await.expect("the child is waited for")), expected, "{script}");
        }
    }
}
