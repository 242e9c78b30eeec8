"""The same subjects in German and Spanish, as the plants in Osterau and Vallegris write."""

# ruff: noqa: E501 - a sentence template is easier to read and to edit on one line

from reviewapp.demo.topics.topic import Topic
from reviewapp.demo.vocabulary import lines

RISSE = Topic(
    name="cracked-bodies",
    share=1,
    relevant=True,
    language="de",
    senders=("foundry", "quality", "engineering"),
    readers=("quality", "purchasing", "engineering"),
    subjects=lines("""
        Gehäuse HV-40, Charge {lot}
        Risse am Hals
        Befund Brennick
        Prüfprotokoll {lot}
    """),
    openings=lines("""
        bei {n} Gehäusen der Charge {lot} haben wir [Risse am Hals|Lunker unter dem Sitz] gefunden.
        die Charge {lot} von Brennick ist wieder [schlecht|nicht in Ordnung], das Gehäuse {serial} ist bei {nn} bar gerissen.
        das Werkszeugnis zu {lot} passt nicht zu den Teilen, die hier liegen.
        anbei die Schliffbilder der HV-40 aus Osterau.
    """),
    details=lines("""
        die Wand ist an der dünnsten Stelle nur {few},{digit} mm stark.
        der Ofen bei Brennick war im {n}. Monat defekt, geglüht wurde offenbar nicht.
        das Prüfdatum wurde nachträglich geändert, ich habe beide Fassungen.
        ausgeliefert sind nach meiner Liste schon {ddd} Stück.
        der Einkauf möchte, dass wir die Teile trotzdem freigeben.
        man hört das Ventil pfeifen, bevor der Riss sichtbar wird.
        {colleague} sagt, darüber soll nicht mehr per Mail geschrieben werden.
        für das Geld an Lowmere hätten wir eine zweite Gießerei aufbauen können.
        ich [unterschreibe|zeichne] diese Freigabe [nicht|so nicht|auf keinen Fall].
    """),
    asks=lines("""
        bitte sperren Sie die restlichen Teile bis {day}.
        wer entscheidet über einen Rückruf?
        bitte um Rückruf, nicht per Mail.
    """),
)

BETRIEB = Topic(
    name="operations-foreign",
    share=2,
    language="de",
    senders=("operations", "customer", "supplier", "sales"),
    readers=("operations", "sales", "purchasing"),
    subjects=lines("""
        Liefertermin {po}
        Urlaubsplanung Osterau
        Rechnung {invoice}
        Wartung Halle 2
        Besuch in Osterau
    """),
    openings=lines("""
        die Bestellung {po} ist bestätigt, Lieferung in KW {week}.
        am {dom}. kommt der Prüfer wegen des Kessels, bitte die Unterlagen bereitlegen.
        die Rechnung {invoice} haben wir bezahlt, die Überweisung ging am {dom}. raus.
        für den Besuch in Osterau habe ich ein Zimmer im Gasthof reserviert.
        wir brauchen noch {nn} Dichtungen für {product}.
    """),
    details=lines("""
        der Lkw kommt gegen {hour} Uhr, bitte das Tor {few} freihalten.
        die [Pumpe|Presse|Heizung|Waschanlage] läuft seit [gestern|Montag|heute früh] wieder [ohne Geräusche|wie neu|ohne Störung].
        der Urlaub von {colleague} ist eingetragen, {colleague2} vertritt.
        im Anhang finden Sie [die Zeichnung|den Lieferschein|die Stückliste] und das [Prüfprotokoll ohne Beanstandung|Zeugnis zu {lot}|Angebot].
        das Wetter ist [schön|trüb|herrlich], [der Schnee liegt noch auf den Hügeln|am Wochenende soll es regnen|wir waren gestern im Freibad].
        die Kantine hat am [Freitag|{dom}.|Brückentag] [geschlossen|nur bis {hour} Uhr offen].
        der Preis gilt bis Ende des Quartals, {few} Prozent Skonto bei Zahlung in zehn Tagen.
        wir haben {n} Paletten zurückgeschickt, davon eine beschädigt.
        die neuen [Kollegen|Azubis|Leihkräfte] haben sich [gut|schnell|erstaunlich gut] eingelebt.
    """),
    asks=lines("""
        bitte kurze Bestätigung bis {hour} Uhr.
        passt Ihnen [der Termin|der {dom}.|{hour} Uhr]?
        können Sie mir die [Auftragsnummer|Zeichnung|Lieferanschrift] [schicken|nennen]?
    """),
)

GRIETAS = Topic(
    name="field-incidents",
    share=1,
    relevant=True,
    language="es",
    senders=("sales", "customer"),
    readers=("sales", "quality"),
    subjects=lines("""
        Reclamación {customer}
        Válvula de seguridad rota, serie {serial}
        Fuga de vapor
    """),
    openings=lines("""
        la válvula HV-40 con número {serial} se [rompió|abrió] esta mañana y llenó la sala de vapor.
        el cliente {customer} reclama de nuevo: es la [segunda|tercera] carcasa con grietas.
        nos piden una explicación por escrito de la rotura del día {dom}.
    """),
    details=lines("""
        la [pieza|carcasa|fundición] está llena de [poros|burbujas], se ve [a simple vista|sin lupa|en las fotos].
        un operario tiene quemaduras en [el brazo|la mano], por suerte leves.
        en Brackwater lo saben desde hace meses y nadie ha avisado.
        el certificado que enviamos lleva una fecha que no puede ser correcta.
        me han dicho que hable de un error de montaje, y no es verdad.
        quedan {nn} válvulas del mismo lote en su planta.
        la inspección se llevó las piezas al día siguiente.
        la carcasa partió por el cuello a un tercio de la presión.
    """),
    asks=lines("""
        ¿qué les decimos a las otras plantas?
        por favor, que venga alguien de calidad esta semana.
        ¿hay que retirar las demás?
    """),
)

OFICINA = Topic(
    name="operations-foreign",
    share=2,
    language="es",
    senders=("sales", "customer", "operations"),
    readers=("sales", "operations", "finance"),
    subjects=lines("""
        Pedido {po}
        Oferta {anyproduct}
        Vacaciones de agosto
        Visita a Vallegris
        Factura {invoice}
    """),
    openings=lines("""
        confirmo el pedido {po}, entrega en la semana {week}.
        el cliente pide oferta para {nn} unidades de {anyproduct}.
        la oficina de Vallegris cierra del {dom} al 28 por vacaciones.
        adjunto la factura {invoice} con los datos corregidos.
        mañana visitamos a {customer} y volvemos por la tarde.
    """),
    details=lines("""
        el camión llega sobre las {hour}, por favor dejen libre la puerta {few}.
        el precio es válido hasta fin de mes, con un {few} % de descuento.
        la reunión fue [muy bien|larga|breve] y [nos invitaron a comer|quedamos para el otoño|pidieron {few} muestras].
        faltan {n} cajas de [juntas|tornillos|muelles] que llegarán el [lunes|jueves|día {dom}].
        el técnico revisó [la caldera|el compresor|la grúa] y [todo está en orden|volverá el día {dom}|cambió una junta].
        les he enviado [el catálogo|la tarifa|la ficha técnica] y [el plano|las fotos|la factura proforma].
        el tren sale a las {hour}:15 y tarda {few} horas.
        {colleague} se encarga mientras estoy fuera.
    """),
    asks=lines("""
        ¿me lo puedes confirmar hoy?
        ¿quién recoge a los visitantes en la estación?
        ¿podéis mandarme la confirmación de {po}?
    """),
)

FOREIGN_MATTER: tuple[Topic, ...] = (RISSE, GRIETAS)
FOREIGN_BUSINESS: tuple[Topic, ...] = (BETRIEB, OFICINA)
