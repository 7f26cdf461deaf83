// Go's net/http: go_app PORT. Waits are sleeps, or `pg_sleep` through lib/pq where DATABASE_URL is set.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	_ "github.com/lib/pq"
)

const (
	clockMonotonic     = 1
	clockThreadCPUTime = 3
)

// A clock without the scheduler's notice of system calls, which would let another goroutine run.
func clock(id uintptr) time.Duration {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&now)), 0)
	return time.Duration(now.Nano())
}

// CPU time of this goroutine: a step of the thread's clock that is too long for a loop was the work of another one.
func burn(left time.Duration) {
	last := clock(clockThreadCPUTime)
	for left > 0 {
		now := clock(clockThreadCPUTime)
		if step := now - last; step > 0 && step < 100*time.Microsecond {
			left -= step
		}
		last = now
	}
}

func wait(database *sql.DB, span time.Duration) error {
	if database == nil {
		time.Sleep(span)
		return nil
	}
	_, err := database.Exec("select pg_sleep($1)", span.Seconds())
	return err
}

// A pool whose connections are all open.
func openPool(url string, size int) *sql.DB {
	database, err := sql.Open("postgres", url+"?sslmode=disable")
	if err != nil {
		log.Fatal(err)
	}
	database.SetMaxOpenConns(size)
	database.SetMaxIdleConns(size)
	connections := make([]*sql.Conn, size)
	for place := range connections {
		if connections[place], err = database.Conn(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
	for _, connection := range connections {
		connection.Close()
	}
	return database
}

func main() {
	var database *sql.DB
	if url := os.Getenv("DATABASE_URL"); url != "" {
		size, err := strconv.Atoi(os.Getenv("POOL_SIZE"))
		if err != nil {
			log.Fatal(err)
		}
		database = openPool(url, size)
	}
	handle := func(response http.ResponseWriter, request *http.Request) {
		entered, reportsTimes := clock(clockMonotonic), false
		for _, part := range strings.Split(request.URL.Path, "/") {
			if part == "" {
				continue
			}
			milliseconds, _ := strconv.ParseFloat(part[1:], 64)
			span := time.Duration(milliseconds * float64(time.Millisecond))
			switch part[0] {
			case 'c':
				burn(span)
			case 'd':
				if err := wait(database, span); err != nil {
					http.Error(response, err.Error(), http.StatusInternalServerError)
					return
				}
			case 't':
				reportsTimes = true
			}
		}
		if reportsTimes {
			left := clock(clockMonotonic)
			response.Header().Set("X-Times", fmt.Sprint(entered.Microseconds(), left.Microseconds()))
		}
		response.Header().Set("Content-Type", "text/plain")
		response.Header().Set("Content-Length", "3")
		response.Write([]byte("ok\n"))
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(handle)))
}
