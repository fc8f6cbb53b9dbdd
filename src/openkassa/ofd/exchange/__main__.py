from openkassa.ofd.exchange.main import main

main()
