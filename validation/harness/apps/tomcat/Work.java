// Tomcat: a servlet for all paths. Waits are sleeps, which end on nanoseconds, unlike those of Thread.sleep.
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.locks.LockSupport;

public class Work extends HttpServlet {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    // CPU time of this thread, not wall-clock time.
    private static void burn(long nanoseconds) {
        long end = THREADS.getCurrentThreadCpuTime() + nanoseconds;
        while (THREADS.getCurrentThreadCpuTime() < end) {
        }
    }

    private static void sleep(long nanoseconds) {
        long end = System.nanoTime() + nanoseconds;
        for (long left = nanoseconds; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        long entered = System.nanoTime() / 1000;
        boolean reportsTimes = false;
        for (String part : request.getServletPath().split("/")) {
            if (part.startsWith("c")) {
                burn((long) (Double.parseDouble(part.substring(1)) * 1e6));
            } else if (part.startsWith("d")) {
                sleep((long) (Double.parseDouble(part.substring(1)) * 1e6));
            } else if (part.startsWith("t")) {
                reportsTimes = true;
            }
        }
        if (reportsTimes) {
            response.setHeader("X-Times", entered + " " + System.nanoTime() / 1000);
        }
        response.setContentType("text/plain");
        response.setContentLength(3);
        response.getOutputStream().write("ok\n".getBytes());
    }
}
